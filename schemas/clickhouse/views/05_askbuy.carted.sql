-- Conversations that were the last touch within 72 h of an add_to_cart. A shopper's messages and carts are
-- walked in time order; a cart looks at the message before it.
CREATE OR REPLACE VIEW askbuy.carted {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT shop_id, user_id, conv_id
FROM
(
    SELECT
        shop_id,
        user_id,
        arraySort(groupArray((e.ts, e.is_cart, e.conv_id))) AS walk,
        arrayFill(x -> x.2 = 0, walk) AS message_before,
        arrayDistinct(arrayMap(x -> x.3, arrayFilter((m, x) -> x.2 = 1 AND m.2 = 0 AND x.1 - m.1 <= 72 * 3600, message_before, walk))) AS conv_ids
    FROM
    (
        SELECT shop_id, user_id, ts, 0 AS is_cart, conv_id FROM askbuy.messages FINAL WHERE is_test = 0 AND from_role = 'user'
        UNION ALL
        SELECT shop_id, user_id, ts, 1 AS is_cart, '' AS conv_id FROM askbuy.behaviors FINAL WHERE is_test = 0 AND name = 'add_to_cart'
    ) AS e
    GROUP BY shop_id, user_id
    HAVING max(e.is_cart) = 1
)
ARRAY JOIN conv_ids AS conv_id
