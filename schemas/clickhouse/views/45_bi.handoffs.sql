CREATE OR REPLACE VIEW bi.handoffs {{.OnCluster}} (
    handoff_id String COMMENT 'handoff, unique in its shop',
    shop_id String COMMENT 'shop',
    conv_id String COMMENT 'conversation that was handed over',
    user_id String COMMENT 'shopper as sent',
    reason String COMMENT 'anger, urgent, complaint, asked (the shopper wants a human), failures (three turns running without an answer), low_confidence (below 0.7 and clarified once) or takeover (a human took over unasked); of the earliest step that gives one',
    confidence Nullable(Float64) COMMENT 'of the step that answered, 0 to 1; NULL when it has none',
    buy_score Nullable(Float64) COMMENT 'latest score of the conversation at the request, 0 to 1; NULL without one',
    state String COMMENT 'pending (nobody took it yet), human (an agent answers) or closed (the bot has the conversation back: an agent closed it, nobody wrote for 2 hours, nobody took it in 76 hours, or a later call took its place)',
    requested_at DateTime64(3, 'UTC') COMMENT 'event time of the request; of a takeover that nobody asked for, of the takeover',
    taken_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when a human took over; NULL before',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it was closed, or ended by itself; NULL before',
    agent String COMMENT 'who took it first; empty when not told',
    delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when the outbound webhook took its package; NULL before, or without a webhook',
    attempts UInt64 COMMENT 'postings to the outbound webhook, the successful one included',
    is_test UInt8 COMMENT '1: test traffic, in no figure'
) SQL SECURITY INVOKER AS
SELECT
    handoff_id,
    shop_id,
    argMin(h.conv_id, (h.ts, h.event_id)) AS conv_id,
    user_id,
    argMinIf(toString(h.reason), (h.ts, h.event_id), h.reason != '') AS reason,
    argMinIf(tuple(h.confidence), (h.ts, h.event_id), h.reason != '').1 AS confidence,
    argMinIf(tuple(h.buy_score), (h.ts, h.event_id), h.reason != '').1 AS buy_score,
    multiIf(closed_at IS NOT NULL, 'closed', taken_at IS NOT NULL, 'human', 'pending') AS state,
    if(countIf(h.reason != '') > 0, minIf(h.ts, h.reason != ''), min(h.ts)) AS requested_at,
    minIfOrNull(h.ts, h.step = 'taken') AS taken_at,
    least(
        minIfOrNull(h.ts, h.step = 'closed'),
        if(maxIf(h.ts, h.step = 'lapsed') >= maxIf(h.ts, h.step = 'taken') + toIntervalHour(2), maxIfOrNull(h.ts, h.step = 'lapsed'), NULL)) AS closed_at,
    argMinIf(h.agent, (h.ts, h.event_id), h.step = 'taken' AND h.agent != '') AS agent,
    minIfOrNull(h.ts, h.step = 'delivered') AS delivered_at,
    toUInt64(max(h.attempt)) AS attempts,
    max(h.is_test) AS is_test
FROM askbuy.handoffs AS h FINAL
WHERE h.step != 'shown'
GROUP BY shop_id, user_id, handoff_id
COMMENT 'Grain: one handoff (shop_id, user_id, handoff_id), test traffic included. Its steps may have come in any order.'
