-- What makes a lineage unfit to go on: a table was exchanged for another, rows were changed or deleted in place, or a
-- shop has other settings.
SELECT toString(cityHash64(arraySort(groupArray(s.what)))) AS sources
FROM
(
    SELECT concat(t.name, ' ', toString(t.uuid)) AS what
    FROM system.tables AS t
    WHERE t.database = 'askbuy' AND t.name IN ({{.}})
    UNION ALL
    SELECT concat(m.table, ' ', toString(max(m.create_time)), ' ', toString(count()), ' ', toString(countIf(m.is_done = 0))) AS what
    FROM system.mutations AS m
    WHERE m.database = 'askbuy' AND m.table IN ({{.}})
    GROUP BY m.table
    UNION ALL
    SELECT concat(z.shop_id, ' ', z.time_zone, ' ', z.reporting_currency) AS what
    FROM askbuy.shops AS z FINAL
) AS s
