WITH
    exposed AS ({{.Exposures}}),
    shown AS
    (
        SELECT
            shop_id,
            user_id,
            groupArray(x.variant) AS variants,
            argMinIf(x.variant, (x.ts, x.event_id), has({names:Array(String)}, x.variant)) AS first_variant,
            minIf(x.ts, has({names:Array(String)}, x.variant)) AS first_at
        FROM exposed AS x
        GROUP BY shop_id, user_id
        HAVING hasAny({names:Array(String)}, variants) AND first_at >= {start:DateTime64(3, 'UTC')}
    ),
    said AS
    (
        SELECT m.shop_id AS shop_id, m.user_id AS user_id, m.conv_id AS conv_id, m.ts AS ts, m.from_role = 'user' AS is_users,
            m.late AS late, m.next_reply AS next_reply, r.repeats AS repeats, r.conflicts AS conflicts, u.first_at AS first_at
        FROM
        (
            SELECT shop_id, user_id, conv_id, ts, from_role, identity, received_at > ts + toIntervalHour(1) AS late,
                minIfOrNull(ts, from_role != 'user') OVER (PARTITION BY shop_id, user_id, conv_id ORDER BY ts DESC, event_id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS next_reply
            FROM askbuy.messages FINAL
            WHERE is_test = 0 AND ts <= {as_of:DateTime64(3, 'UTC')} AND (shop_id, user_id) IN (SELECT shop_id, user_id FROM shown)
        ) AS m
        INNER JOIN shown AS u USING (shop_id, user_id)
        LEFT JOIN
        (
            SELECT identity, countIf(outcome = 'duplicate') AS repeats, countIf(outcome = 'conflict') AS conflicts
            FROM askbuy.receipts FINAL
            WHERE topic = 'messages.v1' AND outcome IN ('duplicate', 'conflict')
            GROUP BY identity
        ) AS r USING (identity)
    ),
    talked AS
    (
        SELECT
            shop_id,
            user_id,
            conv_id,
            countIf(s.is_users AND s.ts >= s.first_at AND s.ts < {planned_end:DateTime64(3, 'UTC')}) > 0 AS is_since,
            countIf(s.is_users AND s.ts < s.first_at AND s.ts >= s.first_at - toIntervalDay(14)) > 0 AS is_earlier,
            maxIfOrNull(s.ts, s.is_users) + toIntervalHour(72) > {as_of:DateTime64(3, 'UTC')} AS is_open,
            countIf(s.is_users AND s.ts >= s.first_at AND s.ts < {planned_end:DateTime64(3, 'UTC')} AND s.next_reply IS NOT NULL) AS replies,
            countIf(s.is_users AND s.ts >= s.first_at AND s.ts < {planned_end:DateTime64(3, 'UTC')} AND s.next_reply > s.ts + toIntervalMillisecond(3000)) AS slow_replies,
            countIf(s.ts >= s.first_at AND s.ts < {planned_end:DateTime64(3, 'UTC')}) AS messages,
            countIf(s.ts >= s.first_at AND s.ts < {planned_end:DateTime64(3, 'UTC')} AND s.late) AS late_messages,
            sumIf(s.repeats, s.ts >= s.first_at AND s.ts < {planned_end:DateTime64(3, 'UTC')}) AS repeated_messages,
            sumIf(s.conflicts, s.ts >= s.first_at AND s.ts < {planned_end:DateTime64(3, 'UTC')}) AS conflicting_messages
        FROM said AS s
        GROUP BY shop_id, user_id, conv_id
    ),
    paid AS
    (
        SELECT o.shop_id AS shop_id, o.user_id AS user_id, o.amount AS amount, o.net_amount AS net_amount, assumeNotNull(o.paid_at) AS at,
            t.conv_id AS conv_id, o.currency = '' OR o.currency = c.reporting_currency AS is_reporting, at >= u.first_at AS is_since
        FROM
        (
            SELECT * FROM ({{template "order_fold" .Events}})
            WHERE paid_at <= least({as_of:DateTime64(3, 'UTC')}, {planned_end:DateTime64(3, 'UTC')} + toIntervalHour(72)) AND user_id != ''
        ) AS o
        INNER JOIN shown AS u USING (shop_id, user_id)
        LEFT JOIN askbuy.order_touches AS t USING (shop_id, user_id, order_id)
        LEFT JOIN (SELECT shop_id, reporting_currency FROM bi.shops) AS c USING (shop_id)
        WHERE at >= u.first_at - toIntervalDay(14)
    )
SELECT
    {key:String} AS experiment,
    {generation:UInt64} AS generation,
    u.shop_id AS shop_id,
    u.user_id AS user_id,
    u.first_variant AS variant,
    u.first_at AS first_exposure_at,
    length(u.variants) AS exposures,
    {{if .Replayed}}arrayCount(v -> v != {{template "given" .}}, u.variants){{else}}0{{end}} AS mismatched,
    length(arrayDistinct(u.variants)) > 1 AS is_contaminated,
    {{if .Replayed}}toNullable(place){{else}}CAST(NULL AS Nullable(Float64)){{end}} AS bucket,
    c.reporting_currency AS currency,
    t.conversations AS conversations,
    t.open_conversations AS open_conversations,
    t.ordered AS ordered,
    t.carted AS carted,
    t.handed_off AS handed_off,
    h.is_high AS is_high,
    t.revenue AS conversation_revenue,
    o.revenue AS revenue,
    o.orders AS orders,
    o.joined_orders AS joined_orders,
    o.matured_orders AS matured_orders,
    o.refunded_orders AS refunded_orders,
    t.replies AS replies,
    t.slow_replies AS slow_replies,
    t.messages AS messages,
    t.late_messages AS late_messages,
    t.repeated_messages AS repeated_messages,
    t.conflicting_messages AS conflicting_messages,
    o.earlier_revenue AS earlier_revenue,
    t.earlier_conversations AS earlier_conversations
FROM {{if .Replayed}}(SELECT *, {{template "bucket" "concat({seed:String}, user_id)"}} AS place FROM shown){{else}}shown{{end}} AS u
LEFT JOIN
(
    SELECT
        c.shop_id AS shop_id,
        c.user_id AS user_id,
        countIf(c.is_since OR n.is_named) AS conversations,
        countIf((c.is_since OR n.is_named) AND ifNull(c.is_open, 0)) AS open_conversations,
        countIf((c.is_since OR n.is_named) AND o.is_ordered) AS ordered,
        countIf((c.is_since OR n.is_named) AND k.is_carted) AS carted,
        countIf((c.is_since OR n.is_named) AND d.is_handed) AS handed_off,
        sumIf(o.net, c.is_since OR n.is_named) AS revenue,
        sum(c.replies) AS replies,
        sum(c.slow_replies) AS slow_replies,
        sum(c.messages) AS messages,
        sum(c.late_messages) AS late_messages,
        sum(c.repeated_messages) AS repeated_messages,
        sum(c.conflicting_messages) AS conflicting_messages,
        countIf(c.is_earlier) AS earlier_conversations
    FROM talked AS c
    LEFT JOIN (SELECT DISTINCT shop_id, user_id, conv_id, 1 AS is_named FROM exposed WHERE conv_id != '') AS n USING (shop_id, user_id, conv_id)
    LEFT JOIN (SELECT shop_id, user_id, conv_id, 1 AS is_ordered, sumIf(toFloat64(p.net_amount), p.is_reporting) AS net FROM paid AS p WHERE is_since AND conv_id != '' GROUP BY shop_id, user_id, conv_id) AS o USING (shop_id, user_id, conv_id)
    LEFT JOIN
    (
        SELECT DISTINCT k.shop_id AS shop_id, k.user_id AS user_id, k.conv_id AS conv_id, 1 AS is_carted
        FROM (SELECT * FROM askbuy.carts WHERE (shop_id, user_id) IN (SELECT shop_id, user_id FROM shown)) AS k
        INNER JOIN shown AS u USING (shop_id, user_id)
        WHERE k.carted_at >= u.first_at AND k.carted_at <= least({as_of:DateTime64(3, 'UTC')}, {planned_end:DateTime64(3, 'UTC')} + toIntervalHour(72))
    ) AS k USING (shop_id, user_id, conv_id)
    LEFT JOIN
    (
        SELECT DISTINCT d.shop_id AS shop_id, d.user_id AS user_id, d.conv_id AS conv_id, 1 AS is_handed
        FROM (SELECT shop_id, user_id, conv_id, requested_at FROM bi.handoffs WHERE is_test = 0 AND (shop_id, user_id) IN (SELECT shop_id, user_id FROM shown)) AS d
        INNER JOIN shown AS u USING (shop_id, user_id)
        WHERE d.requested_at >= u.first_at AND d.requested_at <= least({as_of:DateTime64(3, 'UTC')}, {planned_end:DateTime64(3, 'UTC')} + toIntervalHour(72))
    ) AS d USING (shop_id, user_id, conv_id)
    GROUP BY shop_id, user_id
) AS t USING (shop_id, user_id)
LEFT JOIN
(
    SELECT
        shop_id,
        user_id,
        sumIf(toFloat64(p.net_amount), p.is_since AND p.is_reporting) AS revenue,
        countIf(p.is_since) AS orders,
        countIf(p.is_since AND p.conv_id != '') AS joined_orders,
        countIf(p.is_since AND p.at + toIntervalDay(15) <= {as_of:DateTime64(3, 'UTC')}) AS matured_orders,
        countIf(p.is_since AND p.at + toIntervalDay(15) <= {as_of:DateTime64(3, 'UTC')} AND p.net_amount < p.amount) AS refunded_orders,
        sumIf(toFloat64(p.amount), NOT p.is_since AND p.is_reporting) AS earlier_revenue
    FROM paid AS p
    GROUP BY shop_id, user_id
) AS o USING (shop_id, user_id)
LEFT JOIN
(
    SELECT DISTINCT s.shop_id AS shop_id, s.user_id AS user_id, 1 AS is_high
    FROM (SELECT shop_id, user_id, ts FROM askbuy.message_scores FINAL WHERE buy_score >= 0.7 AND ts <= {as_of:DateTime64(3, 'UTC')}) AS s
    INNER JOIN shown AS u USING (shop_id, user_id)
    WHERE s.ts >= u.first_at
) AS h USING (shop_id, user_id)
LEFT JOIN (SELECT shop_id, reporting_currency FROM bi.shops) AS c USING (shop_id)
