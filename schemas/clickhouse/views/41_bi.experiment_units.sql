CREATE OR REPLACE VIEW bi.experiment_units {{.OnCluster}} (
    experiment String COMMENT 'experiment',
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper as sent: the unit that is randomised',
    variant String COMMENT 'variant of the first exposure',
    first_exposure_at DateTime64(3, 'UTC') COMMENT 'event time of the first exposure',
    exposures UInt64 COMMENT 'exposures before the planned end',
    is_contaminated UInt8 COMMENT '1: another variant was shown as well; in no metric',
    bucket Nullable(Float64) COMMENT 'where the hash puts the shopper, 0 to 1; NULL when the sender assigns',
    is_replay_ok Nullable(UInt8) COMMENT '1: every exposure showed what the hash gives; NULL when the sender assigns',
    conversations UInt64 COMMENT 'that an exposure names, or with a message since the first one',
    ordered UInt64 COMMENT 'of these, those with an attributed order',
    carted UInt64 COMMENT 'of these, those carted',
    handed_off UInt64 COMMENT 'of these, those handed to a human',
    conversation_revenue Float64 COMMENT 'net amount of the orders attributed to them, in the reporting currency',
    revenue Float64 COMMENT 'net amount of all orders since the first exposure, in the reporting currency',
    currency String COMMENT 'reporting currency of the shop',
    orders UInt64 COMMENT 'paid since the first exposure, up to 72 h after the planned end',
    matured_orders UInt64 COMMENT 'of these, those older than 15 days when they were counted',
    refunded_orders UInt64 COMMENT 'of these, those with less net than amount'
) SQL SECURITY INVOKER AS
SELECT experiment, shop_id, user_id, variant, first_exposure_at, exposures, is_contaminated, bucket, if(bucket IS NULL, NULL, mismatched = 0) AS is_replay_ok,
    conversations, ordered, carted, handed_off, conversation_revenue, revenue, currency, orders, matured_orders, refunded_orders
FROM askbuy.experiment_current
COMMENT 'Grain: experiment, shop_id, user_id, of the shoppers first exposed from start to planned end. Made anew every hour and at each report.'
