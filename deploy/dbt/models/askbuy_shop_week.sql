{{ config(materialized='table') }}
-- 每家店铺每周:由上面的模型汇总,并与订单的留存净额对照。
-- By shop and week: summed from the model above, beside the net amounts of all orders.
SELECT
    i.shop_id AS shop_id,
    i.week AS week,
    i.conversations AS conversations,
    i.high_intent AS high_intent,
    i.high_intent_ordered AS high_intent_ordered,
    o.paid_orders AS paid_orders,
    o.orders_after_a_chat AS orders_after_a_chat,
    o.net_amount AS net_amount
FROM
(
    SELECT w.shop_id AS shop_id, w.week AS week, sum(w.conversations) AS conversations, sum(w.high_intent) AS high_intent, sum(w.high_intent_ordered) AS high_intent_ordered
    FROM {{ ref('askbuy_intent_week') }} AS w
    GROUP BY shop_id, week
) AS i
LEFT JOIN
(
    SELECT p.shop_id AS shop_id, toMonday(toDate(formatDateTime(assumeNotNull(p.paid_at), '%F', s.time_zone))) AS week, count() AS paid_orders, countIf(p.conv_id != '') AS orders_after_a_chat, sum(p.net_amount) AS net_amount
    FROM {{ source('askbuy', 'orders') }} AS p
    INNER JOIN {{ source('askbuy', 'shops') }} AS s ON s.shop_id = p.shop_id
    WHERE p.paid_at IS NOT NULL
    GROUP BY shop_id, week
) AS o ON o.shop_id = i.shop_id AND o.week = i.week
