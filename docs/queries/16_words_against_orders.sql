-- 说"买了"的人真的买了吗?按周。
-- Who says "bought" and does not buy? By week.
SELECT
    toMonday(day) AS week,
    sum(claimed) AS said,
    sum(ordered) AS paid,
    sum(kept) AS kept_it,
    divideOrNull(kept_it, said) AS came_true,
    sum(suspected) AS suspicious_conversations
FROM bi.claims
WHERE shop_id = 'default' AND day >= today() - 90
GROUP BY week
ORDER BY week
