-- 搜索聊天内容(中文按字匹配),并看这些会话后来怎样。
-- Search what shoppers say, and see what became of these conversations.
SELECT m.ts AS at, m.text AS said, m.intent AS topic, m.buy_score AS score, c.is_ordered AS ordered, c.is_kept AS kept, m.conv_id AS conversation
FROM bi.messages AS m
INNER JOIN bi.conversations AS c ON c.shop_id = m.shop_id AND c.conv_id = m.conv_id AND c.user_id = m.user_id
WHERE m.shop_id = 'default' AND c.shop_id = 'default' AND m.from_role = 'user' AND m.is_test = 0 AND m.text LIKE '%优惠券%'
ORDER BY m.ts DESC
LIMIT 200
