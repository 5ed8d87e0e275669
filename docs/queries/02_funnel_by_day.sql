-- 每天的漏斗;maturity 低于 1 的日子归因窗口未满 72 小时,转化率还会上升。
-- The funnel of each day; where maturity is below 1 the window of 72 h is still open, and the rate may rise.
SELECT
    day,
    sum(conversations) AS all_conversations,
    sum(high_intent) AS high,
    sum(carted) AS with_cart,
    sum(high_intent_ordered) AS hits,
    sum(high_intent_kept) AS kept_hits,
    divideOrNull(hits, high) AS intent_to_order,
    sum(maturity * conversations) / nullIf(sumIf(conversations, maturity IS NOT NULL), 0) AS closed_share
FROM bi.funnel_daily
WHERE shop_id = 'default' AND day >= today() - 30
GROUP BY day
ORDER BY day
