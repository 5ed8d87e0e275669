-- Model 漏斗 Funnel: counts by day, channel and intent. Sum the counts and divide the sums; a mean of rates is no rate.
SELECT
    shop_id, day, channel, intent, conversations, high_intent, carted, ordered, high_intent_ordered, low_intent_ordered,
    high_intent_kept, kept, gross_amount, net_amount, maturity
FROM bi.funnel_daily
