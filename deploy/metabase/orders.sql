-- Model 订单 Orders: one row an order, with the conversation that it is attributed to.
SELECT
    o.shop_id AS shop_id, o.order_id AS order_id, o.user_id AS user_id, o.status AS status, o.paid_at AS paid_at,
    o.amount AS amount, o.refunded_amount AS refunded_amount, o.net_amount AS net_amount, o.currency AS currency,
    o.coupon AS coupon, o.conv_id AS conv_id, t.gap_seconds / 3600 AS hours_since_the_touch, t.buy_score_at_touch AS buy_score_at_touch
FROM bi.orders AS o
LEFT JOIN bi.touches AS t ON t.shop_id = o.shop_id AND t.order_id = o.order_id AND t.conv_id = o.conv_id
WHERE o.paid_at IS NOT NULL
