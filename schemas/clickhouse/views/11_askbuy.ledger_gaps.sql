-- Offsets without a receipt, by log. Receipts are the large side of the inner join, hence its order.
CREATE OR REPLACE VIEW askbuy.ledger_gaps {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    e.topic AS topic,
    e.noted_at AS noted_at,
    e.below - r.explained AS unexplained,
    e.upto - e.below - r.early AS in_flight
FROM askbuy.log_ends AS e
LEFT JOIN
(
    SELECT topic, partition, epoch, countIf(offset < below) AS explained, countIf(offset >= below AND offset < upto) AS early
    FROM
    (
        SELECT topic, raw_partition AS partition, bitShiftRight(raw_position, 40) AS epoch, bitAnd(raw_position, 0xFFFFFFFFFF) AS offset
        FROM askbuy.receipts FINAL
    ) AS l
    INNER JOIN askbuy.log_ends AS n USING (topic, partition, epoch)
    GROUP BY topic, partition, epoch
) AS r USING (topic, partition, epoch)
