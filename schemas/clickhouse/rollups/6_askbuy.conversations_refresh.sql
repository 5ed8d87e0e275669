CREATE MATERIALIZED VIEW IF NOT EXISTS askbuy.conversations_refresh {{.OnCluster}}
REFRESH AFTER 20 SECOND
TO askbuy.conversations
AS SELECT
    shop_id, conv_id, user_id, channel, cohort_date, started_at, last_message_at, last_user_message_at,
    first_received_at, last_received_at, bot_id, user_messages, bot_messages, agent_messages, intent, buy_score,
    buy_score_peak, p_order, model_id, intent_level, high_intent_at, order_id, ordered_at, orders, coupon,
    order_amount, net_amount, other_currency_orders, is_ordered, is_kept, is_carted, high_intent_ordered_at,
    is_high_intent_ordered, is_high_intent_kept, is_closed, is_settled, experiment, variant, refunds, old_orders,
    as_of
FROM askbuy.conversation_rollup
SETTINGS query_plan_optimize_join_order_limit = 0
