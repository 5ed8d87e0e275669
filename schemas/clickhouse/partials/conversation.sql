{{/* What conversations are joined with. The argument is empty, or narrows the facts to those that had arrived at a
     moment: a condition on e.received_at, for scores a WHERE over s. */}}
{{define "paid_orders" -}}
SELECT
    o.shop_id AS shop_id,
    o.order_id AS order_id,
    o.user_id AS user_id,
    o.amount AS amount,
    o.refunded_amount AS refunded_amount,
    o.net_amount AS net_amount,
    o.coupon AS coupon,
    assumeNotNull(o.paid_at) AS paid_at,
    {{template "currency" "o.first_currency"}} AS reporting_currency,
    o.currency = '' OR o.currency = reporting_currency AS is_reporting
FROM
(
    SELECT shop_id, order_id, user_id, amount, refunded_amount, net_amount, currency, coupon, paid_at,
        argMinIf(currency, (paid_at, order_id), currency != '') OVER (PARTITION BY shop_id) AS first_currency
    FROM {{if .}}({{template "order_fold" .}}){{else}}askbuy.order_fold{{end}}
    WHERE paid_at IS NOT NULL
) AS o
LEFT JOIN (SELECT shop_id, reporting_currency FROM askbuy.shops FINAL) AS z USING (shop_id)
{{- end}}
{{define "conversation_orders" -}}
SELECT
    t.shop_id AS shop_id,
    t.user_id AS user_id,
    t.conv_id AS conv_id,
    count() AS orders,
    argMin(t.order_id, (o.paid_at, t.order_id)) AS order_id,
    min(o.paid_at) AS ordered_at,
    max(o.paid_at) AS last_ordered_at,
    maxIfOrNull(o.paid_at, o.net_amount > 0) AS last_kept_at,
    groupArray(o.paid_at) AS paid_at_all,
    groupArrayIf(o.paid_at, o.net_amount > 0) AS kept_at,
    groupArrayIf(o.paid_at, o.refunded_amount > 0) AS refunded_paid_at,
    any(o.reporting_currency) AS reporting_currency,
    argMin(o.coupon, (o.paid_at, t.order_id)) AS coupon,
    {{money "sumIf(o.amount, o.is_reporting)"}} AS order_amount,
    {{money "sumIf(o.net_amount, o.is_reporting)"}} AS net_amount,
    countIf(NOT o.is_reporting) AS other_currency_orders
FROM askbuy.order_touches AS t
INNER JOIN {{if .}}({{template "paid_orders" .}}){{else}}askbuy.paid_orders{{end}} AS o USING (shop_id, order_id, user_id)
WHERE t.conv_id != ''
GROUP BY shop_id, user_id, conv_id
{{- end}}
{{define "carts" -}}
SELECT shop_id, user_id, hit.1.3 AS conv_id, hit.2.1 AS carted_at
FROM
(
    SELECT
        shop_id,
        user_id,
        arraySort(groupArray((e.ts, e.is_cart, e.conv_id))) AS walk,
        arrayFill(x -> x.2 = 0, walk) AS message_before,
        arrayFilter(x -> x.2.2 = 1 AND x.1.2 = 0 AND x.2.1 - x.1.1 <= 72 * 3600, arrayZip(message_before, walk)) AS hits
    FROM
    (
        SELECT shop_id, user_id, e.ts AS ts, 0 AS is_cart, conv_id FROM askbuy.messages AS e FINAL WHERE e.is_test = 0 AND from_role = 'user'{{.}}
        UNION ALL
        SELECT shop_id, user_id, e.ts AS ts, 1 AS is_cart, '' AS conv_id FROM askbuy.behaviors AS e FINAL WHERE e.is_test = 0 AND name = 'add_to_cart'{{.}}
    ) AS e
    GROUP BY shop_id, user_id
    HAVING max(e.is_cart) = 1
)
ARRAY JOIN hits AS hit
{{- end}}
{{define "conversation_scores" -}}
SELECT
    shop_id,
    user_id,
    conv_id,
    toNullable(latest.1) AS buy_score,
    toNullable(peak) AS buy_score_peak,
    toNullable(latest.2) AS p_order,
    latest.3 AS model_id,
    toNullable(latest.4) AS p_net,
    subject.1 AS intent,
    subject.2 AS intent_path,
    high_intent_at,
    bargains,
{{- if rolled}}
    last_scored_at,
    scored,
{{- end}}
    if(latest.1 >= 0.7, 'high', 'low') AS intent_level,
    toNullable((rank() OVER (PARTITION BY shop_id ORDER BY latest.1) - 1) / count() OVER (PARTITION BY shop_id)) AS score_percentile
FROM
(
    SELECT
        shop_id,
        user_id,
        conv_id,
        argMax((s.buy_score, s.p_order, toString(s.model_id), s.p_net), (s.ts, s.event_id)) AS latest,
        max(s.buy_score) AS peak,
        minIfOrNull(s.ts, s.buy_score >= 0.7) AS high_intent_at,
        countIf(s.act = 'bargain') AS bargains,
{{- if rolled}}
        max(s.ts) AS last_scored_at,
        arraySort(groupArray((s.ts, s.event_id, toString(s.model_id), s.buy_score, s.p_order))) AS scored,
{{- end}}
        argMin((toString(s.intent), s.intent_path), (-s.evidence, s.ts, s.event_id)) AS subject
    FROM askbuy.message_scores AS s FINAL{{.}}
    GROUP BY shop_id, user_id, conv_id
)
{{- end}}
{{define "conversation_experiments" -}}
SELECT
    shop_id,
    user_id,
    conv_id,
    if(experiments = 1, first_shown.1, '') AS experiment,
    if(experiments = 1, first_shown.2, '') AS variant
FROM
(
    SELECT
        shop_id,
        user_id,
        conv_id,
        uniqExact(e.experiment) AS experiments,
        argMin((toString(e.experiment), toString(e.variant)), (e.ts, e.event_id)) AS first_shown
    FROM askbuy.exposures AS e FINAL
    WHERE e.is_test = 0 AND e.conv_id != ''{{.}}
    GROUP BY shop_id, user_id, conv_id
)
{{- end}}
