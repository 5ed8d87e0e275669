-- Models: what may score messages, by the id of its content, and what the models log says of when. The log is a topic;
-- the table remembers it for a broker that has lost it, or another prefix. Rows stay for ever, and none ever changes.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.model_bundles {{.OnCluster}} (
    id String COMMENT 'of the content: sha256:... of a model, rules:... of rules',
    kind LowCardinality(String) COMMENT 'model or rules',
    origin LowCardinality(String) COMMENT 'shipped, trained or imported',
    files Map(String, String) COMMENT 'by name',
    manifest String COMMENT 'that of the files, as JSON; empty for rules',
    created_at DateTime64(3, 'UTC') COMMENT 'when it was put here'
) ENGINE = {{.Engine "ReplacingMergeTree"}} ORDER BY id;

CREATE TABLE IF NOT EXISTS askbuy.model_log {{.OnCluster}} (
    from_ms Int64 COMMENT 'event time from which on it reads messages, ms',
    model_id String,
    rules_id String COMMENT 'empty: none',
    published_at Int64 COMMENT 'ms',
    by String,
    why String
) ENGINE = {{.Engine "ReplacingMergeTree"}} ORDER BY from_ms;
