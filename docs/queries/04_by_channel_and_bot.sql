-- 哪个渠道、哪个机器人的会话更会下单?
-- Which channel and which bot have the conversations that order?
SELECT
    channel,
    bot_id,
    count() AS n,
    countIf(high_intent_at IS NOT NULL) AS high,
    countIf(is_ordered = 1) AS with_order,
    countIf(is_kept = 1) AS with_kept_order,
    divideOrNull(with_order, n) AS order_rate,
    round(avg(user_messages), 1) AS messages_of_shoppers
FROM bi.conversations
WHERE shop_id = 'default' AND cohort_date >= today() - 30
GROUP BY channel, bot_id
ORDER BY n DESC
