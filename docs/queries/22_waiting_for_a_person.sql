-- 用户要等多久才有人接手,为什么转人工,之后有没有下单?
-- How long do shoppers wait for a person, why were they handed over, and do orders follow?
SELECT
    h.reason AS why,
    count() AS handoffs,
    countIf(h.taken_at IS NOT NULL) AS taken,
    quantileExactIf(0.5)(dateDiff('second', h.requested_at, assumeNotNull(h.taken_at)), h.taken_at IS NOT NULL) AS seconds_p50,
    countIf(c.is_ordered = 1) / nullIf(handoffs, 0) AS ordered_share
FROM bi.handoffs AS h
LEFT JOIN bi.conversations AS c ON c.shop_id = h.shop_id AND c.conv_id = h.conv_id AND c.user_id = h.user_id
WHERE h.shop_id = 'default' AND h.is_test = 0 AND h.requested_at >= now() - INTERVAL 30 DAY
GROUP BY why
ORDER BY handoffs DESC
