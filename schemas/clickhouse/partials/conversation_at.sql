{{/* Conversations of what had arrived by the moment. */}}
{{define "conversations_at" -}}
SELECT
    m.shop_id AS shop_id,
    m.conv_id AS conv_id,
    m.user_id AS user_id,
    m.channel AS channel,
    {{template "day" "m.started_at"}} AS cohort_date,
    m.started_at AS started_at,
    m.last_message_at AS last_message_at,
    m.last_user_message_at AS last_user_message_at,
    m.first_received_at AS first_received_at,
    m.last_received_at AS last_received_at,
    m.bot_id AS bot_id,
    m.user_messages AS user_messages,
    m.bot_messages AS bot_messages,
    m.agent_messages AS agent_messages,
    s.intent AS intent,
    s.buy_score AS buy_score,
    s.buy_score_peak AS buy_score_peak,
    s.p_order AS p_order,
    s.model_id AS model_id,
    s.intent_level AS intent_level,
    s.high_intent_at AS high_intent_at,
    o.order_id AS order_id,
    if(o.orders > 0, o.ordered_at, NULL) AS ordered_at,
    o.orders AS orders,
    o.coupon AS coupon,
    o.order_amount AS order_amount,
    o.net_amount AS net_amount,
    o.other_currency_orders AS other_currency_orders,
{{- if rolled}}
    o.reporting_currency AS reporting_currency,
    o.paid_at_all AS all_paid_at,
    o.refunded_paid_at AS refunded_paid_at,
    if(empty(s.scored), NULL, s.last_scored_at) AS last_scored_at,
    arrayMap(x -> (x.2, x.1, {{template "day" "x.1"}}, x.3, x.4, x.5, toUInt8(arrayExists(at -> at > x.1 AND at <= x.1 + toIntervalHour(72), o.kept_at))), arrayFilter(x -> o.orders = 0 OR x.1 < o.ordered_at, s.scored)) AS judged,
{{- end}}
    o.orders > 0 AS is_ordered,
    o.last_kept_at IS NOT NULL AS is_kept,
    c.is_carted AS is_carted,
    if(ifNull(o.orders > 0 AND s.high_intent_at <= o.last_ordered_at, 0), arrayMin(arrayFilter(at -> at >= s.high_intent_at, o.paid_at_all)), NULL) AS high_intent_ordered_at,
    high_intent_ordered_at IS NOT NULL AS is_high_intent_ordered,
    ifNull(s.high_intent_at <= o.last_kept_at, 0) AS is_high_intent_kept,
    ifNull(m.last_user_message_at <= {{moment}} - toIntervalHour(72), 0) AS is_closed,
    ifNull(m.last_user_message_at <= {{moment}} - toIntervalDay(15), 0) AS is_settled,
    x.experiment AS experiment,
    x.variant AS variant
FROM
(
    SELECT
        shop_id,
        conv_id,
        user_id,
        argMin(e.channel, (e.ts, e.event_id)) AS channel,
        min(e.ts) AS started_at,
        max(e.ts) AS last_message_at,
        maxIfOrNull(e.ts, e.from_role = 'user') AS last_user_message_at,
        min(e.received_at) AS first_received_at,
        max(e.received_at) AS last_received_at,
        argMinIf(e.bot_id, (e.ts, e.event_id), e.bot_id != '') AS bot_id,
        countIf(e.from_role = 'user') AS user_messages,
        countIf(e.from_role = 'bot') AS bot_messages,
        countIf(e.from_role = 'agent') AS agent_messages
    FROM askbuy.messages AS e FINAL
    WHERE e.is_test = 0{{arrived}}
    GROUP BY shop_id, conv_id, user_id
) AS m
LEFT JOIN ({{template "conversation_scores" scored}}) AS s USING (shop_id, user_id, conv_id)
LEFT JOIN ({{template "conversation_orders" ordered}}) AS o USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT DISTINCT shop_id, user_id, conv_id, 1 AS is_carted FROM ({{template "carts" arrived}})) AS c USING (shop_id, user_id, conv_id)
LEFT JOIN ({{template "conversation_experiments" arrived}}) AS x USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
{{- end}}
{{define "orders_at" -}}
SELECT
    o.shop_id AS shop_id,
    o.order_id AS order_id,
    o.user_id AS user_id,
    o.status AS status,
    o.amount AS amount,
    o.refunded_amount AS refunded_amount,
    o.net_amount AS net_amount,
    o.currency AS currency,
    o.created_at AS created_at,
    o.paid_at AS paid_at,
    o.cancelled_at AS cancelled_at,
    o.refunded_at AS refunded_at,
    o.coupon AS coupon,
    t.conv_id AS conv_id,
    o.named_conv_id AS named_conv_id,
    o.named_conv_id != '' AND o.paid_at IS NOT NULL AND t.is_explicit = 0 AS explicit_unmatched,
    t.candidates AS touches
FROM ({{template "order_fold" ordered}}) AS o
LEFT JOIN askbuy.order_touches AS t USING (shop_id, order_id, user_id)
{{- end}}
