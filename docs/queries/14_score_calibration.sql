-- 分数可信吗:模型说的概率与真实下单率(可靠性图)。
-- Can the score be trusted: what the model expects against what happens (reliability diagram).
SELECT
    intDiv(bin, 5) / 10 AS p_from,
    sum(n) AS weight,
    sum(messages) AS scored_messages,
    sum(sum_p) / nullIf(weight, 0) AS expected,
    sum(sum_y) / nullIf(weight, 0) AS actual
FROM bi.score_quality
WHERE shop_id = 'default' AND score = 'p_order' AND day >= today() - 90
GROUP BY p_from
ORDER BY p_from
