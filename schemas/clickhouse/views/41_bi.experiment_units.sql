CREATE OR REPLACE VIEW bi.experiment_units {{.OnCluster}} (
    experiment String COMMENT 'experiment',
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper as sent: the unit that is randomised',
    variant String COMMENT 'variant of the first exposure',
    first_exposure_at DateTime64(3, 'UTC') COMMENT 'event time of the first exposure',
    exposures UInt64 COMMENT 'exposures before the planned end',
    is_contaminated UInt8 COMMENT '1: another variant was shown as well; in no metric',
    bucket Nullable(Float64) COMMENT 'where the hash puts the shopper, 0 to 1; NULL when the sender assigns',
    is_replay_ok Nullable(UInt8) COMMENT '1: every exposure showed what the hash gives; NULL when the sender assigns'
) SQL SECURITY INVOKER AS
SELECT experiment, shop_id, user_id, variant, first_exposure_at, exposures, is_contaminated, bucket, if(bucket IS NULL, NULL, mismatched = 0) AS is_replay_ok
FROM askbuy.experiment_current
COMMENT 'Grain: experiment, shop_id, user_id, of the shoppers first exposed from start to planned end. Made anew every hour and at each report.'
