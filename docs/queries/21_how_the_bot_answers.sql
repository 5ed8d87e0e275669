-- 机器人靠哪一步回答,多快,花多少钱,之后有没有下单?
-- Which step answers, how fast, at what cost, and do orders follow?
SELECT
    r.route AS step,
    count() AS replies,
    countIf(r.is_answered = 1) / nullIf(replies, 0) AS answered_share,
    quantileExact(0.5)(r.latency_ms) AS ms_p50,
    quantileExact(0.99)(r.latency_ms) AS ms_p99,
    sum(r.cost) AS cost,
    uniqExactIf(r.conv_id, c.is_ordered = 1) / nullIf(uniqExact(r.conv_id), 0) AS conversations_ordered_share
FROM bi.replies AS r
LEFT JOIN bi.conversations AS c ON c.shop_id = r.shop_id AND c.conv_id = r.conv_id AND c.user_id = r.user_id
WHERE r.shop_id = 'default' AND r.is_test = 0 AND r.ts >= now() - INTERVAL 30 DAY
GROUP BY step
ORDER BY replies DESC
