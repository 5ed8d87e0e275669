{{ config(materialized='table') }}
-- 每周、每个意图:高意向之后下单与留存的比例。
-- By week and intent: what share of high intent is ordered, and kept.
SELECT
    shop_id,
    toMonday(day) AS week,
    intent,
    sum(f.conversations) AS conversations,
    sum(f.high_intent) AS high_intent,
    sum(f.high_intent_ordered) AS high_intent_ordered,
    sum(f.high_intent_kept) AS high_intent_kept,
    divideOrNull(high_intent_ordered, high_intent) AS intent_to_order_rate,
    divideOrNull(high_intent_kept, high_intent) AS intent_to_kept_rate,
    min(f.maturity) AS least_maturity
FROM {{ source('askbuy', 'funnel_daily') }} AS f
GROUP BY shop_id, week, intent
