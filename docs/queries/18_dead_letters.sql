-- 什么被隔离了,为什么?
-- What was set aside, and why?
SELECT source, reason, any(detail) AS for_example, count() AS letters, sum(deliveries) AS deliveries_at_least, max(received_at) AS newest
FROM bi.dead_letters
WHERE received_at >= now() - INTERVAL 30 DAY
GROUP BY source, reason
ORDER BY letters DESC
