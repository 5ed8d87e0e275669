-- Conversations in which the bot replied, and what came of them. A further message of the shopper within 30 minutes
-- of the first reply says that it was not enough, unless the shopper's own word says otherwise.
CREATE OR REPLACE VIEW askbuy.answered_conversations {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    r.shop_id AS shop_id,
    r.conv_id AS conv_id,
    r.user_id AS user_id,
    m.channel AS channel,
    {{template "day" "m.started_at"}} AS cohort_date,
    r.replies AS replies,
    r.first_latency_ms AS first_latency_ms,
    r.cost AS cost,
    r.currencies AS currencies,
    h.called AS handed_off,
    m.agent_messages AS agent_messages,
    h.called = 0 AND m.agent_messages = 0 AS is_deflected,
    r.is_first_answered AND h.called = 0 AND ifNull(f.resolved, NOT arrayExists(t -> t > r.first_at AND t <= r.first_at + toIntervalMinute(30), m.asked)) AS is_first_round_resolved,
    f.ratings AS ratings,
    f.rating_sum AS rating_sum,
    multiIf(
        h.called = 1, concat('handoff_', h.reason),
        m.agent_messages > 0, 'agent',
        f.resolved = 0, 'feedback',
        r.last_route = 'clarify', 'asked_back',
        r.is_last_answered = 0, 'no_answer',
        '') AS unresolved
FROM
(
    SELECT
        shop_id,
        conv_id,
        user_id,
        count() AS replies,
        min(e.ts) AS first_at,
        argMin(e.latency_ms, (e.ts, e.event_id)) AS first_latency_ms,
        argMin(e.is_answered, (e.ts, e.event_id)) AS is_first_answered,
        argMax(e.is_answered, (e.ts, e.event_id)) AS is_last_answered,
        argMax(e.route, (e.ts, e.event_id)) AS last_route,
        sum(e.cost) AS cost,
        arraySort(groupUniqArrayIf(e.cost_currency, e.cost > 0)) AS currencies
    FROM askbuy.replies AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, conv_id, user_id
) AS r
JOIN
(
    SELECT
        shop_id,
        conv_id,
        user_id,
        argMin(e.channel, (e.ts, e.event_id)) AS channel,
        min(e.ts) AS started_at,
        groupArrayIf(e.ts, e.from_role = 'user') AS asked,
        countIf(e.from_role = 'agent') AS agent_messages
    FROM askbuy.messages AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, conv_id, user_id
) AS m USING (shop_id, user_id, conv_id)
LEFT JOIN
(
    SELECT shop_id, conv_id, user_id, 1 AS called, argMinIf(e.reason, (e.ts, e.event_id), e.reason != '') AS reason
    FROM askbuy.handoffs AS e FINAL
    WHERE e.is_test = 0 AND e.step != 'shown'
    GROUP BY shop_id, conv_id, user_id
) AS h USING (shop_id, user_id, conv_id)
LEFT JOIN
(
    SELECT
        shop_id,
        conv_id,
        user_id,
        count(e.rating) AS ratings,
        toUInt64(ifNull(sum(e.rating), 0)) AS rating_sum,
        argMaxIf(e.resolved, (e.ts, e.event_id), e.resolved IS NOT NULL) AS resolved
    FROM askbuy.feedback AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, conv_id, user_id
) AS f USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
