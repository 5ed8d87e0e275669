-- Retention: since when the facts of a table may be gone, and when a derived row was stored, so that one whose
-- fact is on its way is never taken for one whose fact has expired.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.retention_floors {{.OnCluster}} (
    name String COMMENT 'table, as the setting retention names it',
    floor DateTime64(3, 'UTC') COMMENT 'rows that arrived before it may have expired, whatever is configured now',
    version UInt64 COMMENT 'ms of floor: the latest counts'
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY name;

ALTER TABLE askbuy.message_scores {{.OnCluster}} ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.message_scores {{.OnCluster}} MATERIALIZE COLUMN stored_at;

ALTER TABLE askbuy.touches {{.OnCluster}} ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.touches {{.OnCluster}} MATERIALIZE COLUMN stored_at;
