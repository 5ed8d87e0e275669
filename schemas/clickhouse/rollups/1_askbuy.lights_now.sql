-- Up to when everything that arrived is in the numbers, and whether anything was lost. With nothing on its way that
-- is the moment at which this was noted last, else the newest fact of the kind that is farthest behind: the facts of
-- other kinds are not read. Scores and touches follow within seconds, which the three seconds allow for.
CREATE OR REPLACE VIEW askbuy.lights_now {{.OnCluster}} SQL SECURITY INVOKER AS
WITH (SELECT groupUniqArray(toString(b.topic)) FROM askbuy.ledger_gaps AS b WHERE b.in_flight != 0) AS busy
SELECT
    ifNull(min(stored_until), now64(3, 'UTC')) - toIntervalSecond(3) AS through,
    count() > 0 AS is_known,
    toInt64(sum(moving)) AS in_flight,
    toInt64(sum(lost)) AS unexplained
FROM
(
    SELECT g.topic AS topic, sum(g.in_flight) AS moving, sum(g.unexplained) AS lost, max(g.noted_at) AS noted,
        if(moving = 0, toNullable(noted), coalesce(any(f.stored_at), noted)) AS stored_until
    FROM askbuy.ledger_gaps AS g
    LEFT JOIN
    (
        SELECT 'messages' AS kind, maxOrNull(received_at) AS stored_at FROM askbuy.messages WHERE has(busy, 'messages')
        UNION ALL SELECT 'orders', maxOrNull(received_at) FROM askbuy.order_events WHERE has(busy, 'orders')
        UNION ALL SELECT 'behaviors', maxOrNull(received_at) FROM askbuy.behaviors WHERE has(busy, 'behaviors')
        UNION ALL SELECT 'exposures', maxOrNull(received_at) FROM askbuy.exposures WHERE has(busy, 'exposures')
        UNION ALL SELECT 'feedback', maxOrNull(received_at) FROM askbuy.feedback WHERE has(busy, 'feedback')
        UNION ALL SELECT 'aliases', maxOrNull(received_at) FROM askbuy.aliases WHERE has(busy, 'aliases')
        UNION ALL SELECT 'replies', maxOrNull(received_at) FROM askbuy.replies WHERE has(busy, 'replies')
        UNION ALL SELECT 'handoffs', maxOrNull(received_at) FROM askbuy.handoffs WHERE has(busy, 'handoffs')
    ) AS f ON f.kind = g.topic
    GROUP BY topic
)
