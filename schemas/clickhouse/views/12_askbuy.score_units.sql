-- What scores are judged by: every user message before its conversation's first attributed order, with what came
-- of it. A conversation weighs 1, whatever it says; it counts once its last user message is 72 h old.
CREATE OR REPLACE VIEW askbuy.score_units {{.OnCluster}} SQL SECURITY INVOKER AS
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
FROM
(
    SELECT shop_id, user_id, conv_id, kept_at, length(before) AS units, unit, number
    FROM
    (
        SELECT
            s.shop_id AS shop_id,
            s.user_id AS user_id,
            s.conv_id AS conv_id,
            o.kept_at AS kept_at,
            arrayFilter(m -> o.orders = 0 OR m.1 < o.ordered_at, s.scored) AS before
        FROM
        (
            SELECT
                shop_id,
                user_id,
                conv_id,
                arraySort(groupArray((m.ts, m.event_id, toString(m.model_id), m.buy_score, m.p_order))) AS scored
            FROM askbuy.message_scores AS m FINAL
            GROUP BY shop_id, user_id, conv_id
            HAVING max(m.ts) <= now64(3, 'UTC') - toIntervalHour(72)
        ) AS s
        LEFT JOIN askbuy.conversation_orders AS o USING (shop_id, user_id, conv_id)
    )
    ARRAY JOIN before AS unit, arrayEnumerate(before) AS number
) AS u
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
