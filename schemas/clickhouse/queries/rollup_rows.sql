INSERT INTO askbuy.conversation_versions (lineage, since, row, shop_id, conv_id, user_id, channel, cohort_date, started_at,
    last_message_at, last_user_message_at, first_received_at, last_received_at, bot_id, user_messages, bot_messages,
    agent_messages, intent, buy_score, buy_score_peak, p_order, model_id, intent_level, high_intent_at, order_id, ordered_at,
    orders, coupon, order_amount, net_amount, other_currency_orders, reporting_currency, all_paid_at, refunded_paid_at,
    last_scored_at, judged,
    is_ordered, is_kept, is_carted, high_intent_ordered_at, is_high_intent_ordered, is_high_intent_kept, experiment, variant)
SELECT {lineage:UInt64}, {as_of:DateTime64(3, 'UTC')}, generateSnowflakeID(), shop_id, conv_id, user_id, channel, cohort_date, started_at,
    last_message_at, last_user_message_at, first_received_at, last_received_at, bot_id, user_messages, bot_messages,
    agent_messages, intent, buy_score, buy_score_peak, p_order, model_id, intent_level, high_intent_at, order_id, ordered_at,
    orders, coupon, order_amount, net_amount, other_currency_orders, reporting_currency, all_paid_at, refunded_paid_at,
    last_scored_at, judged,
    is_ordered, is_kept, is_carted, high_intent_ordered_at, is_high_intent_ordered, is_high_intent_kept, experiment, variant
FROM
(
{{template "conversations_at" .}}
)
