-- 首次响应时间:从顾客第一句话到机器人或客服第一次回答,按渠道。
-- Time to the first answer: from the shopper's first word to the first answer of a bot or an agent, by channel.
SELECT
    channel,
    count() AS answered,
    quantiles(0.5, 0.9)(waited / 1000) AS seconds_p50_p90,
    countIf(waited <= 5000) / nullIf(answered, 0) AS within_5_seconds
FROM
(
    SELECT
        shop_id, conv_id, user_id,
        argMin(m.channel, (m.ts, m.event_id)) AS channel,
        minIf(m.ts, m.from_role = 'user') AS asked_at,
        minIf(m.ts, m.from_role != 'user' AND m.ts > '1970-01-02') AS answered_at,
        dateDiff('millisecond', asked_at, answered_at) AS waited
    FROM bi.messages AS m
    WHERE m.shop_id = 'default' AND m.is_test = 0 AND m.ts >= now() - INTERVAL 30 DAY
    GROUP BY shop_id, conv_id, user_id
    HAVING countIf(m.from_role = 'user') > 0 AND countIf(m.from_role != 'user') > 0 AND waited >= 0
)
GROUP BY channel
ORDER BY answered DESC
