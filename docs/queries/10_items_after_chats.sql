-- 聊天之后卖得最好的商品。
-- What sells after a chat.
SELECT i.item_id AS item, any(i.category) AS category_of_item, count(DISTINCT i.order_id) AS orders, sum(i.quantity) AS pieces, sum(i.amount) AS gross
FROM bi.order_items AS i
INNER JOIN bi.orders AS o ON o.shop_id = i.shop_id AND o.order_id = i.order_id
WHERE i.shop_id = 'default' AND o.shop_id = 'default' AND o.conv_id != ''
GROUP BY item
ORDER BY gross DESC
LIMIT 50
