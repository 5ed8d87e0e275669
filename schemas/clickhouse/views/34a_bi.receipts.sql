CREATE OR REPLACE VIEW bi.receipts {{.OnCluster}} (
    topic String COMMENT 'raw topic, without prefix',
    partition Int32 COMMENT 'its partition',
    offset Int64 COMMENT 'its offset',
    outcome String COMMENT 'stored, duplicate, conflict, quarantined or erased',
    source String COMMENT 'door it came through',
    shop_id String COMMENT 'shop; that of the credential where the event is not to be trusted',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival'
) SQL SECURITY INVOKER AS
SELECT topic, raw_partition AS partition, bitAnd(raw_position, 0xFFFFFFFFFF) AS offset, outcome, source, shop_id, received_at
FROM askbuy.receipts FINAL
COMMENT 'Grain: one record of a raw topic, with what became of it: the rows behind bi.ledger.'
