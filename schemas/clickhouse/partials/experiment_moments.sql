{{define "experiment_counted"}}{{if .}}askbuy.experiment_units{{else}}askbuy.experiment_current{{end}}{{end}}

{{/* Rows of units summed up by experiment, variant and metric: contaminated units are in none of them. Moments are
     centred (Stable), because plain sums lose a variance's digits around 1e9. The argument narrows the units of all
     refreshes, as in "AND experiment = ..."; without one they are those refreshed last. The last four are no metrics: they tell whether the pipeline itself treats the variants
     alike. least() would take the cap for a NaN, and hide it. */}}
{{define "experiment_moments" -}}
SELECT
    experiment,
    variant,
    toString(row.1) AS metric,
    units AS n,
    row.2 AS converted,
    row.3.1 AS mean_num,
    row.3.2 AS mean_den,
    row.3.3 AS mean_pre,
    row.3.4 AS var_num,
    row.3.5 AS var_den,
    row.3.6 AS var_pre,
    row.3.7 AS cov,
    row.3.8 AS cov_pre,
    row.4.1 AS raw_mean_num,
    row.4.4 AS raw_var_num,
    row.4.7 AS raw_cov,
    row.4.8 AS raw_cov_pre,
    row.5 AS cap,
    row.6 AS young,
    currencies
FROM
(
    SELECT
        experiment,
        variant,
        count() AS units,
        groupUniqArrayIf(u.currency, u.currency != '') AS currencies,
        ifNotFinite(sum(u.open_conversations) / sum(u.conversations), 0) AS open,
        ifNotFinite(1 - sum(u.matured_orders) / sum(u.orders), 0) AS fresh,
        [
            ('conversation_to_order', countIf(u.ordered > 0), {{moments "u.ordered" "u.conversations" "0"}}, {{no_moments}}, inf, open),
            ('add_to_cart', countIf(u.carted > 0), {{moments "u.carted" "u.conversations" "0"}}, {{no_moments}}, inf, open),
            ('revenue_per_conversation', countIf(u.conversation_revenue > 0), {{moments "if(u.conversation_revenue > c.per_conversation, c.per_conversation, u.conversation_revenue)" "u.conversations" "0"}}, {{moments "u.conversation_revenue" "u.conversations" "0"}}, any(c.per_conversation), open),
            ('revenue_per_user', countIf(u.revenue > 0), {{moments "if(u.revenue > c.per_user, c.per_user, u.revenue)" "1" "u.earlier_revenue"}}, {{moments "u.revenue" "1" "u.earlier_revenue"}}, any(c.per_user), open),
            ('refund_rate', countIf(u.refunded_orders > 0), {{moments "u.refunded_orders" "u.matured_orders" "0"}}, {{no_moments}}, inf, fresh),
            ('slow_reply_rate', countIf(u.slow_replies > 0), {{moments "u.slow_replies" "u.replies" "0"}}, {{no_moments}}, inf, toFloat64(0)),
            ('handoff_rate', countIf(u.handed_off > 0), {{moments "u.handed_off" "u.conversations" "0"}}, {{no_moments}}, inf, toFloat64(0)),
            ('conversations_per_user', countIf(u.conversations > 0), {{moments "u.conversations" "1" "u.earlier_conversations"}}, {{no_moments}}, inf, toFloat64(0)),
            ('late_messages', countIf(u.late_messages > 0), {{moments "u.late_messages" "u.messages" "0"}}, {{no_moments}}, inf, toFloat64(0)),
            ('repeated_messages', countIf(u.repeated_messages > 0), {{moments "u.repeated_messages" "u.messages" "0"}}, {{no_moments}}, inf, toFloat64(0)),
            ('conflicting_messages', countIf(u.conflicting_messages > 0), {{moments "u.conflicting_messages" "u.messages" "0"}}, {{no_moments}}, inf, toFloat64(0)),
            ('joined_orders', countIf(u.joined_orders > 0), {{moments "u.joined_orders" "u.orders" "0"}}, {{no_moments}}, inf, toFloat64(0))
        ] AS rows
    FROM (SELECT * FROM {{template "experiment_counted" .}} WHERE is_contaminated = 0 {{.}}) AS u
    LEFT JOIN
    (
        -- One cap for all arms: the order statistic ceil(q m) of the m values that are not 0.
        SELECT experiment, if(empty(a), inf, a[toUInt64(greatest(1, ceil(q_a * length(a))))]) AS per_conversation, if(empty(b), inf, b[toUInt64(greatest(1, ceil(q_b * length(b))))]) AS per_user
        FROM
        (
            SELECT experiment, arraySort(groupArrayIf(conversation_revenue, conversation_revenue != 0)) AS a, arraySort(groupArrayIf(revenue, revenue != 0)) AS b
            FROM {{template "experiment_counted" .}} WHERE is_contaminated = 0 {{.}} GROUP BY experiment
        ) AS v
        INNER JOIN
        (
            SELECT experiment, arrayFirst(m -> m.metric = 'revenue_per_conversation', metrics).cap AS q_a, arrayFirst(m -> m.metric = 'revenue_per_user', metrics).cap AS q_b
            FROM askbuy.experiments FINAL
        ) AS q USING (experiment)
    ) AS c USING (experiment)
    GROUP BY experiment, variant
)
ARRAY JOIN rows AS row
{{- end}}

{{/* Units by experiment and the variant of their first exposure, contaminated ones too. */}}
{{define "experiment_arms" -}}
SELECT experiment, variant, count() AS units, sum(is_contaminated) AS contaminated, sumIf(exposures, bucket IS NOT NULL) AS replayed, sum(mismatched) AS mismatched
FROM {{template "experiment_counted" .}}
WHERE 1 {{.}}
GROUP BY experiment, variant
{{- end}}
