CREATE OR REPLACE VIEW bi.touches {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    order_id String COMMENT 'paid order',
    conv_id String COMMENT 'conversation in which its shopper wrote at most 30 days before',
    user_id String COMMENT 'shopper',
    touch_at DateTime64(3, 'UTC') COMMENT 'latest message of the shopper there at or before the order time',
    order_at DateTime64(3, 'UTC') COMMENT 'order time (payment)',
    gap_seconds Float64 COMMENT 'order_at - touch_at',
    rank_last UInt32 COMMENT '1: the named conversation, else the latest touch',
    rank_first UInt32 COMMENT '1: the earliest touch',
    touches UInt64 COMMENT 'touches of this order',
    evidence String COMMENT 'explicit when the order names this conversation, else time',
    buy_score_at_touch Nullable(Float64) COMMENT 'score of the conversation at touch_at'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    order_id,
    touch.conv_id AS conv_id,
    user_id,
    touch.touch_at AS touch_at,
    order_at,
    toFloat64(order_at - touch.touch_at) AS gap_seconds,
    touch.rank_last AS rank_last,
    touch.rank_first AS rank_first,
    candidates AS touches,
    if(touch.explicit = 1, 'explicit', 'time') AS evidence,
    touch.buy_score AS buy_score_at_touch
FROM (SELECT shop_id, order_id, user_id, order_at, t.touches AS opened, length(t.touches) AS candidates FROM askbuy.touches AS t FINAL)
ARRAY JOIN opened AS touch
COMMENT 'Grain: one candidate touch (shop_id, order_id, conv_id, user_id): every conversation that may have led to a paid order.'
