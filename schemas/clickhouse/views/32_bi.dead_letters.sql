CREATE OR REPLACE VIEW bi.dead_letters {{.OnCluster}} (
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of the first delivery',
    deliveries UInt64 COMMENT 'deliveries at least: a retry cannot be told from a second delivery',
    stage String COMMENT 'where it was set aside: ingest, process or sink',
    topic String COMMENT 'topic of the first delivery, without prefix',
    partition Int32 COMMENT 'its partition',
    offset Int64 COMMENT 'its offset',
    source String COMMENT 'door it came through',
    shop_id String COMMENT 'shop; that of the credential where the event is not to be trusted',
    type String COMMENT 'type of the event, when known',
    event_id String COMMENT 'id of the event, when known',
    reason String COMMENT 'malformed, unknown_type, missing_field, bad_field, future_ts, forbidden_shop, conflict, undecodable or refused_row',
    detail String COMMENT 'names the field and the rule'
) SQL SECURITY INVOKER AS
SELECT
    arrived AS received_at,
    n AS deliveries,
    letter.1 AS stage,
    letter.2 AS topic,
    letter.3 AS partition,
    bitAnd(letter.4, 0xFFFFFFFFFF) AS offset,
    letter.5 AS source,
    letter.6 AS shop_id,
    letter.7 AS type,
    letter.8 AS event_id,
    letter.9 AS reason,
    letter.10 AS detail
FROM
(
    SELECT
        id,
        min(d.received_at) AS arrived,
        count() AS n,
        argMin((toString(d.stage), toString(d.topic), d.partition, d.position, toString(d.source), d.shop_id, toString(d.type), d.event_id, toString(d.reason), d.detail),
            (d.received_at, toString(d.topic), d.partition, d.position)) AS letter
    FROM askbuy.dead_letters AS d FINAL
    GROUP BY id
)
COMMENT 'Grain: one event that was set aside for one reason. Its bytes are in the dead-letter topic: askbuy deadletters show.'
