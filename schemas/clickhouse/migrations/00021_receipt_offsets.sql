-- Which offsets have a receipt, as a bitmap of each 65,536 of them, in every part of the table: what the ledger's gaps
-- are counted from, which asked for again and again would read every receipt there is. It is of its part: what goes
-- with a part goes from it, and an offset stored twice is one.
-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE askbuy.receipts {{.OnCluster}} MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild';

ALTER TABLE askbuy.receipts {{.OnCluster}} ADD PROJECTION IF NOT EXISTS offsets (
    SELECT topic, raw_partition, bitShiftRight(raw_position, 40), intDiv(bitAnd(raw_position, 0xFFFFFFFFFF), 65536), groupBitmapState(toUInt64(bitAnd(raw_position, 0xFFFFFFFFFF)))
    GROUP BY topic, raw_partition, bitShiftRight(raw_position, 40), intDiv(bitAnd(raw_position, 0xFFFFFFFFFF), 65536)
);

ALTER TABLE askbuy.receipts {{.OnCluster}} MATERIALIZE PROJECTION offsets;
