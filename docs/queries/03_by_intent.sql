-- 哪些意图带来留存订单?低意向下单列在旁边。
-- Which intents become orders that are kept? Orders without high intent stand beside them.
SELECT
    intent,
    sum(conversations) AS all_conversations,
    sum(high_intent) AS high,
    sum(high_intent_ordered) AS hits,
    sum(low_intent_ordered) AS hits_without_high,
    sum(high_intent_kept) AS kept_hits,
    divideOrNull(hits, high) AS intent_to_order,
    divideOrNull(hits_without_high, all_conversations - high) AS low_intent_to_order,
    sum(net_amount) AS net
FROM bi.funnel_daily
WHERE shop_id = 'default' AND day >= today() - 30
GROUP BY intent
ORDER BY all_conversations DESC
