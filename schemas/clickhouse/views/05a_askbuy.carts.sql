-- Every add_to_cart with the conversation that was its last touch within 72 h. A shopper's messages and carts are
-- walked in time order; a cart looks at the message before it.
CREATE OR REPLACE VIEW askbuy.carts {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT shop_id, user_id, hit.1.3 AS conv_id, hit.2.1 AS carted_at
FROM
(
    SELECT
        shop_id,
        user_id,
        arraySort(groupArray((e.ts, e.is_cart, e.conv_id))) AS walk,
        arrayFill(x -> x.2 = 0, walk) AS message_before,
        arrayFilter(x -> x.2.2 = 1 AND x.1.2 = 0 AND x.2.1 - x.1.1 <= 72 * 3600, arrayZip(message_before, walk)) AS hits
    FROM
    (
        SELECT shop_id, user_id, ts, 0 AS is_cart, conv_id FROM askbuy.messages FINAL WHERE is_test = 0 AND from_role = 'user'
        UNION ALL
        SELECT shop_id, user_id, ts, 1 AS is_cart, '' AS conv_id FROM askbuy.behaviors FINAL WHERE is_test = 0 AND name = 'add_to_cart'
    ) AS e
    GROUP BY shop_id, user_id
    HAVING max(e.is_cart) = 1
)
ARRAY JOIN hits AS hit
