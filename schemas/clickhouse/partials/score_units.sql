{{/* What scores are judged by. The argument is empty, or says that it is of what had arrived by the moment. */}}
{{define "score_units" -}}
SELECT
    u.shop_id AS shop_id,
    u.user_id AS user_id,
    u.conv_id AS conv_id,
    u.unit.2 AS event_id,
    u.unit.1 AS ts,
    {{template "day" "u.unit.1"}} AS day,
    u.unit.3 AS model_id,
    u.unit.4 AS buy_score,
    u.unit.5 AS p_order,
    toUInt8(least(u.number, 5)) AS prefix,
    1 / u.units AS weight,
    toUInt8(arrayExists(at -> at > ts AND at <= ts + toIntervalHour(72), u.kept_at)) AS y
    {{- if .}},
    u.order_id AS order_id,
    toUInt8(notEmpty(u.kept_at)) AS is_kept
    {{- end}}
FROM
(
    SELECT shop_id, user_id, conv_id, order_id, kept_at, length(before) AS units, unit, number
    FROM
    (
        SELECT
            s.shop_id AS shop_id,
            s.user_id AS user_id,
            s.conv_id AS conv_id,
            o.order_id AS order_id,
            o.kept_at AS kept_at,
            arrayFilter(m -> o.orders = 0 OR m.1 < o.ordered_at, s.scored) AS before
        FROM
        (
            SELECT
                shop_id,
                user_id,
                conv_id,
                arraySort(groupArray((m.ts, m.event_id, toString(m.model_id), m.buy_score, m.p_order))) AS scored
            FROM askbuy.message_scores AS m FINAL{{if .}}{{scored}}{{end}}
            GROUP BY shop_id, user_id, conv_id
            HAVING max(m.ts) <= {{if .}}{{moment}}{{else}}now64(3, 'UTC'){{end}} - toIntervalHour(72)
        ) AS s
        LEFT JOIN {{if .}}({{template "conversation_orders" ordered}}){{else}}askbuy.conversation_orders{{end}} AS o USING (shop_id, user_id, conv_id)
    )
    ARRAY JOIN before AS unit, arrayEnumerate(before) AS number
) AS u
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
{{- end}}
