-- 今天要跟进谁:48 小时内高意向、还没有下单的会话。
-- Whom to follow up today: high intent within 48 hours, and no order yet.
SELECT conv_id, user_id, channel, intent, buy_score, p_order, high_intent_at, last_user_message_at, is_carted
FROM bi.conversations
WHERE shop_id = 'default' AND intent_level = 'high' AND is_ordered = 0 AND last_user_message_at > now() - INTERVAL 48 HOUR
ORDER BY buy_score DESC, last_user_message_at DESC
LIMIT 200
