CREATE OR REPLACE VIEW bi.exposures {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper',
    event_id String COMMENT 'id of the event, unique for its shopper',
    ts DateTime64(3, 'UTC') COMMENT 'event time',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival',
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    experiment String COMMENT 'experiment',
    variant String COMMENT 'variant that was shown',
    conv_id String COMMENT 'conversation in which it was shown, when told'
) SQL SECURITY INVOKER AS
SELECT shop_id, user_id, event_id, ts, received_at, is_test, experiment, variant, conv_id
FROM askbuy.exposures FINAL
COMMENT 'Grain: one exposure (shop_id, user_id, event_id), test traffic included.'
