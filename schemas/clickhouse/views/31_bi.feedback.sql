CREATE OR REPLACE VIEW bi.feedback {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper',
    event_id String COMMENT 'id of the event, unique for its shopper',
    ts DateTime64(3, 'UTC') COMMENT 'event time',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival',
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    conv_id String COMMENT 'conversation, when told',
    rating Nullable(UInt8) COMMENT '1 to 5, when told',
    resolved Nullable(UInt8) COMMENT '1: the shopper says it is solved; NULL when not told'
) SQL SECURITY INVOKER AS
SELECT shop_id, user_id, event_id, ts, received_at, is_test, conv_id, rating, resolved
FROM askbuy.feedback FINAL
COMMENT 'Grain: one feedback (shop_id, user_id, event_id), test traffic included.'
