-- Offsets without a receipt, by log (topic, partition, epoch), as of its newest cut. Of a log that was replaced
-- by a newer epoch nothing can be in flight any more: what it still lacks is unexplained.
CREATE OR REPLACE VIEW askbuy.ledger_gaps {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    c.topic AS topic,
    c.partition AS partition,
    c.epoch AS epoch,
    c.noted_at AS noted_at,
    c.below - countIf(r.offset < c.below AND r.known) AS unexplained,
    c.upto - c.below - countIf(r.offset >= c.below AND r.offset < c.upto AND r.known) AS in_flight
FROM
(
    SELECT topic, partition, epoch, noted_at,
        greatest(end_offset, committed_offset) AS upto,
        if(epoch = max(epoch) OVER (PARTITION BY topic, partition), greatest(committed_offset, 0), upto) AS below
    FROM askbuy.offset_cuts FINAL
) AS c
LEFT JOIN
(
    SELECT topic, raw_partition AS partition, bitShiftRight(raw_position, 40) AS epoch, bitAnd(raw_position, 0xFFFFFFFFFF) AS offset, 1 AS known
    FROM askbuy.receipts FINAL
) AS r USING (topic, partition, epoch)
GROUP BY topic, partition, epoch, noted_at, c.below, c.upto
