-- What other scorers said of messages. They are records of a moment, and the first one said stays: its version
-- falls as the position rises.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.second_opinions {{.OnCluster}} (
    shop_id String,
    user_id String,
    event_id String,
    scorer LowCardinality(String),
    conv_id String,
    ts DateTime64(3, 'UTC') COMMENT 'event time of the message' CODEC(Delta, ZSTD),
    outcome LowCardinality(String) COMMENT 'scored, timeout, unavailable, refused or malformed',
    score Nullable(Float64),
    label String,
    latency_ms Float64,
    version UInt64 COMMENT 'greatest Int64 - position in the topic of opinions',
    stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored'
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, user_id, event_id, scorer);
