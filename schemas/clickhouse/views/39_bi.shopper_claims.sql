CREATE OR REPLACE VIEW bi.shopper_claims {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper as sent',
    conversations UInt64 COMMENT 'conversations with a scored message',
    claimed UInt64 COMMENT 'conversations in which the shopper says that something is bought',
    not_ordered UInt64 COMMENT 'of claimed: with a claim that no order meets',
    paid_orders UInt64 COMMENT 'orders paid, when any was lost; else 0',
    lost_orders UInt64 COMMENT 'orders that were cancelled or wholly refunded',
    kept UInt64 COMMENT 'conversations with an attributed order that is kept',
    fake_intent_score Float64 COMMENT 'mean fake_intent_score of the conversations, 0 to 1',
    fake_intent_reasons Array(String) COMMENT 'reasons of any of them, in the order of the alphabet'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    user_id,
    count() AS conversations,
    countIf(r.claims > 0) AS claimed,
    countIf(r.unmet > 0) AS not_ordered,
    max(r.paid) AS paid_orders,
    max(r.lost) AS lost_orders,
    countIf(r.is_kept) AS kept,
    round(avg(r.fake_intent_score), 3) AS fake_intent_score,
    arraySort(groupUniqArrayArray(r.fake_intent_reasons)) AS fake_intent_reasons
FROM askbuy.conversation_rows AS r
WHERE r.buy_score IS NOT NULL
GROUP BY shop_id, user_id
HAVING claimed > 0 OR lost_orders > 0 OR notEmpty(fake_intent_reasons)
COMMENT 'Grain: one shopper (shop_id, user_id) who claims, loses orders or bargains without a cart.'
