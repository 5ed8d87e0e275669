-- 四个数字:总会话数、高意向数、下单会话数、高意向→下单转化率(含 95% 区间与样本数)。
-- The four numbers: conversations, high intent, conversations with an order, intent-to-order rate with its 95 % interval and n.
SELECT
    sum(conversations) AS all_conversations,
    sum(high_intent) AS high,
    sum(ordered) AS with_order,
    sum(high_intent_ordered) AS hits,
    divideOrNull(hits, high) AS intent_to_order,
    (intent_to_order + 1.92072941 / high - 1.95996398 * sqrt(intent_to_order * (1 - intent_to_order) / high + 0.96036471 / (high * high))) / (1 + 3.84145882 / high) AS low_95,
    (intent_to_order + 1.92072941 / high + 1.95996398 * sqrt(intent_to_order * (1 - intent_to_order) / high + 0.96036471 / (high * high))) / (1 + 3.84145882 / high) AS high_95
FROM bi.funnel_daily
WHERE shop_id = 'default' AND day >= today() - 30
