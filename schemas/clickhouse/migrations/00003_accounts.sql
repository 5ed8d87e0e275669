-- Accounts: what became of every record, what was set aside, and how far the logs reach.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.receipts {{.OnCluster}} (
    topic LowCardinality(String) COMMENT 'without its prefix',
    raw_partition Int32,
    raw_position Int64 COMMENT 'epoch << 40 | offset',
    outcome LowCardinality(String) COMMENT 'stored, duplicate, conflict, quarantined or erased',
    source LowCardinality(String),
    shop_id String,
    identity FixedString(16),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD)
) ENGINE = {{.Engine "ReplacingMergeTree"}} ORDER BY (topic, raw_partition, raw_position);

CREATE TABLE IF NOT EXISTS askbuy.dead_letters {{.OnCluster}} (
    id String COMMENT 'letters with one id are one letter, delivered more than once',
    stage LowCardinality(String) COMMENT 'ingest, process or sink',
    reason LowCardinality(String),
    detail String COMMENT 'names the field and the rule',
    source LowCardinality(String),
    shop_id String,
    type LowCardinality(String),
    event_id String,
    received_at DateTime64(3, 'UTC'),
    topic LowCardinality(String) COMMENT 'of the record that was set aside; a letter of the door has its own place',
    partition Int32,
    position Int64 COMMENT 'epoch << 40 | offset'
) ENGINE = {{.Engine "ReplacingMergeTree"}} ORDER BY (id, topic, partition, position);

CREATE TABLE IF NOT EXISTS askbuy.offset_cuts {{.OnCluster}} (
    topic LowCardinality(String),
    partition Int32,
    epoch Int64,
    start_offset Int64 COMMENT 'first offset that the broker still has',
    end_offset Int64 COMMENT 'next offset to be written',
    committed_offset Int64 COMMENT 'next offset that the sink will read',
    noted_at DateTime64(3, 'UTC')
) ENGINE = {{.Engine "ReplacingMergeTree" "noted_at"}} ORDER BY (topic, partition, epoch);

CREATE TABLE IF NOT EXISTS askbuy.topic_epochs {{.OnCluster}} (
    topic LowCardinality(String),
    topic_id String COMMENT 'hex: the id that the broker gave',
    epoch Int64 COMMENT 'rises whenever the topic is made anew'
) ENGINE = {{.Engine "ReplacingMergeTree"}} ORDER BY (topic, topic_id);

CREATE TABLE IF NOT EXISTS askbuy.shops {{.OnCluster}} (
    shop_id String COMMENT 'empty: the default of all shops',
    time_zone String COMMENT 'IANA name; empty: not configured',
    reporting_currency String COMMENT 'empty: not configured',
    version UInt64
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY shop_id;
