-- The orders attributed to a conversation, summed.
CREATE OR REPLACE VIEW askbuy.conversation_orders {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    t.shop_id AS shop_id,
    t.user_id AS user_id,
    t.conv_id AS conv_id,
    count() AS orders,
    argMin(t.order_id, (o.paid_at, t.order_id)) AS order_id,
    min(o.paid_at) AS ordered_at,
    max(o.paid_at) AS last_ordered_at,
    maxIfOrNull(o.paid_at, o.net_amount > 0) AS last_kept_at,
    groupArrayIf(o.paid_at, o.net_amount > 0) AS kept_at,
    {{money "sumIf(o.amount, o.is_reporting)"}} AS order_amount,
    {{money "sumIf(o.net_amount, o.is_reporting)"}} AS net_amount,
    countIf(NOT o.is_reporting) AS other_currency_orders
FROM askbuy.order_touches AS t
INNER JOIN askbuy.paid_orders AS o USING (shop_id, order_id, user_id)
WHERE t.conv_id != ''
GROUP BY shop_id, user_id, conv_id
