-- What scores are judged by, as the rollup has it at a moment that it was published for: what bi.scored_messages_at says
-- of that moment.
CREATE OR REPLACE VIEW askbuy.rolled_scores {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    c.shop_id AS shop_id,
    c.user_id AS user_id,
    c.conv_id AS conv_id,
    event_id,
    ts,
    day,
    model_id,
    buy_score,
    p_order,
    toUInt8(least(number, 5)) AS prefix,
    1 / length(c.judged.ts) AS weight,
    y,
    c.order_id AS order_id,
    c.is_kept AS is_kept
FROM
(
    SELECT v.shop_id AS shop_id, v.user_id AS user_id, v.conv_id AS conv_id, v.order_id AS order_id, v.is_kept AS is_kept, v.judged AS judged
    FROM askbuy.conversation_versions AS v
    WHERE v.lineage = {lineage:UInt64} AND v.since <= {as_of:DateTime64(3, 'UTC')} AND v.last_scored_at <= {as_of:DateTime64(3, 'UTC')} - toIntervalHour(72)
        AND v.row NOT IN (SELECT e.row FROM askbuy.conversation_ends AS e WHERE e.lineage = {lineage:UInt64} AND e.until <= {as_of:DateTime64(3, 'UTC')})
) AS c
ARRAY JOIN c.judged.event_id AS event_id, c.judged.ts AS ts, c.judged.day AS day, c.judged.model_id AS model_id, c.judged.buy_score AS buy_score,
    c.judged.p_order AS p_order, c.judged.y AS y, arrayEnumerate(c.judged.ts) AS number
