-- A conversation: its messages and all that is joined to them.
CREATE OR REPLACE VIEW askbuy.conversation_rows {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    m.shop_id AS shop_id,
    m.conv_id AS conv_id,
    m.user_id AS user_id,
    m.channel AS channel,
    {{template "day" "m.started_at"}} AS cohort_date,
    m.started_at AS started_at,
    m.last_message_at AS last_message_at,
    m.last_user_message_at AS last_user_message_at,
    m.bot_id AS bot_id,
    m.user_messages AS user_messages,
    m.bot_messages AS bot_messages,
    m.agent_messages AS agent_messages,
    s.intent AS intent,
    s.intent_path AS intent_path,
    s.buy_score AS buy_score,
    s.buy_score_peak AS buy_score_peak,
    s.score_percentile AS score_percentile,
    s.p_order AS p_order,
    s.p_net AS p_net,
    s.model_id AS model_id,
    s.intent_level AS intent_level,
    s.high_intent_at AS high_intent_at,
    o.order_id AS order_id,
    if(o.orders > 0, o.ordered_at, NULL) AS ordered_at,
    o.orders AS orders,
    o.order_amount AS order_amount,
    o.net_amount AS net_amount,
    o.other_currency_orders AS other_currency_orders,
    o.orders > 0 AS is_ordered,
    o.last_kept_at IS NOT NULL AS is_kept,
    c.is_carted AS is_carted,
    d.handed_off AS handed_off,
    ifNull(o.orders > 0 AND s.high_intent_at <= o.last_ordered_at, 0) AS is_ordered_after_high,
    ifNull(s.high_intent_at <= o.last_kept_at, 0) AS is_kept_after_high,
    x.experiment AS experiment,
    x.variant AS variant,
    s.bargains AS bargains,
    k.claims AS claims,
    k.unmet AS unmet,
    h.paid AS paid,
    h.lost AS lost,
    {{template "fake_intent"}} AS fakes,
    round(1 - arrayProduct(arrayPushBack(arrayMap(f -> 1 - f.2, fakes), 1.)), 3) AS fake_intent_score,
    arrayMap(f -> f.1, fakes) AS fake_intent_reasons
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
        argMinIf(e.bot_id, (e.ts, e.event_id), e.bot_id != '') AS bot_id,
        countIf(e.from_role = 'user') AS user_messages,
        countIf(e.from_role = 'bot') AS bot_messages,
        countIf(e.from_role = 'agent') AS agent_messages
    FROM askbuy.messages AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, conv_id, user_id
) AS m
LEFT JOIN askbuy.conversation_scores AS s USING (shop_id, user_id, conv_id)
LEFT JOIN askbuy.conversation_orders AS o USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT shop_id, user_id, conv_id, 1 AS is_carted FROM askbuy.carted) AS c USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT DISTINCT shop_id, user_id, conv_id, 1 AS handed_off FROM askbuy.handoffs FINAL WHERE is_test = 0 AND step != 'shown') AS d USING (shop_id, user_id, conv_id)
LEFT JOIN askbuy.conversation_experiments AS x USING (shop_id, user_id, conv_id)
LEFT JOIN askbuy.conversation_claims AS k USING (shop_id, user_id, conv_id)
LEFT JOIN askbuy.lost_orders AS h USING (shop_id, user_id)
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
