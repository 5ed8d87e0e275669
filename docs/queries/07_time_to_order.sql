-- 从最后一次聊天到下单要多久?
-- How long from the last word to the order?
SELECT
    count() AS orders,
    quantiles(0.25, 0.5, 0.75, 0.9)(gap_seconds / 3600) AS hours_p25_p50_p75_p90,
    countIf(gap_seconds <= 3600) / nullIf(orders, 0) AS within_an_hour,
    countIf(gap_seconds <= 86400) / nullIf(orders, 0) AS within_a_day
FROM bi.touches
WHERE shop_id = 'default' AND rank_last = 1 AND order_at >= now() - INTERVAL 30 DAY
