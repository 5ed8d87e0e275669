-- Every conversation as of the moment up to which everything is stored, with what pages add up over all shops.
CREATE OR REPLACE VIEW askbuy.conversation_rollup {{.OnCluster}} SQL SECURITY INVOKER AS
WITH (SELECT n.through FROM askbuy.lights_now AS n) AS upto
SELECT
    c.*,
    r.refunds AS refunds,
    r.old_orders AS old_orders,
    assumeNotNull(upto) AS as_of
FROM
(
{{template "conversations_at" .}}
) AS c
LEFT JOIN
(
    SELECT shop_id, user_id, conv_id, countIf(p.refunded_amount > 0) AS refunds, count() AS old_orders
    FROM
    (
{{template "orders_at" .}}
    ) AS p
    WHERE p.paid_at <= upto - toIntervalDay(15)
    GROUP BY shop_id, user_id, conv_id
) AS r USING (shop_id, user_id, conv_id)
