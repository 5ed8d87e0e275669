INSERT INTO askbuy.rollup_changes (lineage, as_of, shop_id, user_id)
WITH
    seen AS
    (
        SELECT v.row AS row, v.shop_id AS shop_id, v.user_id AS user_id, v.orders AS orders, v.reporting_currency AS reporting_currency
        FROM askbuy.conversation_versions AS v
        WHERE v.lineage = {lineage:UInt64}
    )
SELECT DISTINCT {lineage:UInt64}, {as_of:DateTime64(3, 'UTC')}, shop_id, user_id
FROM
(
    SELECT shop_id, user_id FROM askbuy.messages WHERE stored_at >= {cut:DateTime('UTC')}
    UNION ALL
    SELECT shop_id, user_id FROM askbuy.message_scores WHERE stored_at >= {cut:DateTime('UTC')}
    UNION ALL
    SELECT shop_id, user_id FROM askbuy.touches WHERE stored_at >= {cut:DateTime('UTC')}
    UNION ALL
    SELECT shop_id, user_id FROM askbuy.touches
    WHERE (shop_id, order_id) IN (SELECT shop_id, order_id FROM askbuy.order_events WHERE stored_at >= {cut:DateTime('UTC')})
    UNION ALL
    -- Those who do not talk are not in it, and they are many.
    SELECT shop_id, user_id FROM seen
    WHERE (shop_id, user_id) IN
    (
        SELECT shop_id, user_id FROM askbuy.behaviors WHERE stored_at >= {cut:DateTime('UTC')}
        UNION ALL
        SELECT shop_id, user_id FROM askbuy.exposures WHERE stored_at >= {cut:DateTime('UTC')}
    )
    UNION ALL
    -- An earlier order may change the currency of its shop.
    SELECT s.shop_id, s.user_id
    FROM seen AS s
    INNER JOIN
    (
        SELECT p.shop_id AS shop_id, any(p.reporting_currency) AS reporting_currency
        FROM ({{template "paid_orders" .Orders}}) AS p
        GROUP BY shop_id
    ) AS c ON c.shop_id = s.shop_id
    WHERE s.orders > 0 AND s.reporting_currency != c.reporting_currency
        AND s.row NOT IN (SELECT e.row FROM askbuy.conversation_ends AS e WHERE e.lineage = {lineage:UInt64})
)
