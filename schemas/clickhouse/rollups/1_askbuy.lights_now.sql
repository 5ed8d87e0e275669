-- Up to when everything that arrived is in the numbers, and whether anything was lost. With nothing on its way that
-- is the moment at which this was noted last, else the newest fact of the kind that is farthest behind. Scores and
-- touches follow within seconds, which the three seconds allow for.
CREATE OR REPLACE VIEW askbuy.lights_now {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    ifNull(min(stored_until), now64(3, 'UTC')) - toIntervalSecond(3) AS through,
    count() > 0 AS is_known,
    toInt64(sum(moving)) AS in_flight,
    toInt64(sum(lost)) AS unexplained
FROM
(
    SELECT g.topic AS topic, sum(g.in_flight) AS moving, sum(g.unexplained) AS lost, max(g.noted_at) AS noted,
        if(moving = 0, toNullable(noted), coalesce(any(f.last_stored_at), noted)) AS stored_until
    FROM askbuy.ledger_gaps AS g
    LEFT JOIN bi.freshness AS f ON f.table = g.topic
    GROUP BY topic
)
