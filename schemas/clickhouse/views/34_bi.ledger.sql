CREATE OR REPLACE VIEW bi.ledger {{.OnCluster}} (
    topic String COMMENT 'raw topic, without prefix',
    day Date COMMENT 'UTC day of arrival; of in_flight and unexplained the day on which they were noted',
    source String COMMENT 'door; empty in the row of in_flight and unexplained',
    records UInt64 COMMENT 'records: the sum of all columns that follow',
    stored UInt64 COMMENT 'became a fact',
    duplicate UInt64 COMMENT 'said again what a fact says',
    conflict UInt64 COMMENT 'said otherwise than the fact of the same identity: a dead letter',
    quarantined UInt64 COMMENT 'could not be read or stored: a dead letter',
    erased UInt64 COMMENT 'of a subject that was erased',
    in_flight UInt64 COMMENT 'in the topic and not yet read by the sink',
    unexplained UInt64 COMMENT 'read by the sink, but without a receipt: must be 0'
) SQL SECURITY INVOKER AS
SELECT
    topic,
    day,
    source,
    sum(l.n) AS records,
    sumIf(l.n, l.outcome = 'stored') AS stored,
    sumIf(l.n, l.outcome = 'duplicate') AS duplicate,
    sumIf(l.n, l.outcome = 'conflict') AS conflict,
    sumIf(l.n, l.outcome = 'quarantined') AS quarantined,
    sumIf(l.n, l.outcome = 'erased') AS erased,
    sumIf(l.n, l.outcome = 'in_flight') AS in_flight,
    sumIf(l.n, l.outcome = 'unexplained') AS unexplained
FROM
(
    SELECT toString(topic) AS topic, toDate(received_at, 'UTC') AS day, toString(source) AS source, toString(outcome) AS outcome, toInt64(count()) AS n
    FROM askbuy.receipts FINAL
    GROUP BY topic, day, source, outcome
    UNION ALL
    SELECT toString(topic), toDate(noted_at, 'UTC'), '', one.1, one.2 FROM askbuy.ledger_gaps ARRAY JOIN [('in_flight', in_flight), ('unexplained', unexplained)] AS one
) AS l
GROUP BY topic, day, source
COMMENT 'Grain: raw topic, UTC day, source. Every record of a raw topic is in exactly one column; unexplained is 0 unless something was lost.'
