CREATE OR REPLACE VIEW bi.conversations_at {{.OnCluster}} SQL SECURITY INVOKER AS
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
LEFT JOIN ({{template "conversation_orders" arrived}}) AS o USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT DISTINCT shop_id, user_id, conv_id, 1 AS is_carted FROM ({{template "carts" arrived}})) AS c USING (shop_id, user_id, conv_id)
LEFT JOIN ({{template "conversation_experiments" arrived}}) AS x USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
COMMENT 'Grain: one conversation (shop_id, conv_id, user_id), made of what had arrived at a moment: call it as bi.conversations_at(as_of = ''2026-11-21 10:00:00.000''), in UTC. Asked again with the same moment it answers the same, but for a late event that changes an earlier score or touch. Columns as in bi.conversations, and: first_received_at and last_received_at, arrival of its messages; coupon of the first attributed order; high_intent_ordered_at, the first attributed order at or after high intent (NULL when none); is_high_intent_ordered and is_high_intent_kept, some attributed order, or kept one, at or after high intent; is_closed, its 72 h were over; is_settled, its 15 days.'
