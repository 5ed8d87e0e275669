-- Offsets without a receipt, by log. The expressions by block are those of the projection offsets of receipts, or
-- every receipt is read.
CREATE OR REPLACE VIEW askbuy.ledger_gaps {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    e.topic AS topic,
    e.noted_at AS noted_at,
    e.below - r.explained AS unexplained,
    e.upto - e.below - (r.seen - r.explained) AS in_flight
FROM askbuy.log_ends AS e
LEFT JOIN
(
    SELECT topic, partition, epoch, {{template "below" "n.below"}} AS explained, {{template "below" "n.upto"}} AS seen
    FROM
    (
        SELECT topic, raw_partition AS partition, bitShiftRight(raw_position, 40) AS epoch, intDiv(bitAnd(raw_position, 0xFFFFFFFFFF), 65536) AS block,
            groupBitmapState(toUInt64(bitAnd(raw_position, 0xFFFFFFFFFF))) AS told
        FROM askbuy.receipts
        GROUP BY topic, partition, epoch, block
    ) AS l
    INNER JOIN askbuy.log_ends AS n USING (topic, partition, epoch)
    GROUP BY topic, partition, epoch
) AS r USING (topic, partition, epoch)
