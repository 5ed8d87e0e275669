-- What must stay the same for the life of the warehouse: keyed checks of secrets, never the secrets.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.installation {{.OnCluster}} (
    name String,
    value String
) ENGINE = {{.Engine "ReplacingMergeTree"}} ORDER BY name;
