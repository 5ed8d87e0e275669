CREATE OR REPLACE VIEW bi.behaviors {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper',
    event_id String COMMENT 'id of the event, unique for its shopper',
    ts DateTime64(3, 'UTC') COMMENT 'event time',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival',
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    name String COMMENT 'page_view, item_click, add_to_cart, checkout, favorite, purchase, dwell, or another',
    conv_id String COMMENT 'conversation, when told',
    item_id String COMMENT 'item, when told',
    page_id String COMMENT 'page, when told',
    category String COMMENT 'category, when told',
    dwell_ms Nullable(Int64) COMMENT 'time stayed in ms, when told'
) SQL SECURITY INVOKER AS
SELECT shop_id, user_id, event_id, ts, received_at, is_test, name, conv_id, item_id, page_id, category, dwell_ms
FROM askbuy.behaviors FINAL
COMMENT 'Grain: one behaviour (shop_id, user_id, event_id), test traffic included.'
