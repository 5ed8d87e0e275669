CREATE OR REPLACE VIEW bi.orders_at {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    o.shop_id AS shop_id,
    o.order_id AS order_id,
    o.user_id AS user_id,
    o.status AS status,
    o.amount AS amount,
    o.refunded_amount AS refunded_amount,
    o.net_amount AS net_amount,
    o.currency AS currency,
    o.created_at AS created_at,
    o.paid_at AS paid_at,
    o.cancelled_at AS cancelled_at,
    o.refunded_at AS refunded_at,
    o.coupon AS coupon,
    t.conv_id AS conv_id,
    o.named_conv_id AS named_conv_id,
    o.named_conv_id != '' AND o.paid_at IS NOT NULL AND t.is_explicit = 0 AS explicit_unmatched,
    t.candidates AS touches
FROM ({{template "order_fold" arrived}}) AS o
LEFT JOIN askbuy.order_touches AS t USING (shop_id, order_id, user_id)
COMMENT 'Grain: one order (shop_id, order_id), folded over those of its events that had arrived at a moment: call it as bi.orders_at(as_of = ''2026-11-21 10:00:00.000''), in UTC. Columns as in bi.orders.'
