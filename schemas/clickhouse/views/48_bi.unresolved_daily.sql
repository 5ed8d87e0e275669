CREATE OR REPLACE VIEW bi.unresolved_daily {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    day Date COMMENT 'day of the earliest message of the conversation, in the time zone of the shop',
    reason String COMMENT 'why a conversation is not resolved by the bot, the first that holds: handoff_ and the reason of the first handoff, agent (an agent wrote without one), feedback (the shopper says so), asked_back or no_answer (of the last reply)',
    conversations UInt64 COMMENT 'conversations'
) SQL SECURITY INVOKER AS
SELECT shop_id, c.cohort_date AS day, c.unresolved AS reason, count() AS conversations
FROM askbuy.answered_conversations AS c
WHERE c.unresolved != ''
GROUP BY shop_id, day, reason
COMMENT 'Grain: shop, day, reason, of the conversations in which the bot replied and that it did not resolve. Test traffic is left out.'
