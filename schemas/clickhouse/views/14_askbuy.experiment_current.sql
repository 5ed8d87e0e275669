-- The units of every experiment as refreshed last: the generation that is whole and the newest.
CREATE OR REPLACE VIEW askbuy.experiment_current {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT experiment, shop_id, user_id, variant, first_exposure_at, exposures, mismatched, is_contaminated, bucket, currency, conversations,
    open_conversations, ordered, carted, handed_off, is_high, conversation_revenue, revenue, orders, joined_orders, matured_orders, refunded_orders,
    replies, slow_replies, messages, late_messages, repeated_messages, conflicting_messages, earlier_revenue, earlier_conversations
FROM askbuy.experiment_units
WHERE (experiment, generation) IN (SELECT r.experiment, max(r.generation) FROM askbuy.experiment_refreshes AS r GROUP BY r.experiment)
