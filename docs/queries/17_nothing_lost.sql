-- 有没有丢失?unexplained 必须为 0(需要能看所有店铺的用户)。
-- Is anything lost? unexplained has to be 0 (for users of all shops).
SELECT
    topic,
    sum(records) AS all_records,
    sum(stored) AS became_facts,
    sum(duplicate) AS said_again,
    sum(conflict) AS conflicts,
    sum(quarantined) AS set_aside,
    sum(erased) AS forgotten,
    sum(in_flight) AS on_the_way,
    sum(unexplained) AS lost
FROM bi.ledger
GROUP BY topic
ORDER BY topic
