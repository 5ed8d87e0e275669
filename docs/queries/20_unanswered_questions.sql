-- 机器人没有答上来的是什么(待补充),各问过几次?
-- What could the bot not answer, and how often was it asked?
SELECT m.text AS question, count() AS asked, uniqExact(r.user_id) AS shoppers, max(r.ts) AS last_asked_at
FROM bi.replies AS r
INNER JOIN bi.messages AS m ON m.shop_id = r.shop_id AND m.user_id = r.user_id AND m.event_id = r.question_event_id
WHERE r.shop_id = 'default' AND m.shop_id = 'default' AND r.is_answered = 0 AND r.is_test = 0 AND r.ts >= now() - INTERVAL 90 DAY
GROUP BY question
ORDER BY asked DESC, last_asked_at DESC
LIMIT 100
