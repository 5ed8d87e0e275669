-- What became of a unit's messages beside being stored: whether the pipeline treats the variants alike.
-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE askbuy.experiment_units {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS repeated_messages UInt32 COMMENT 'further copies of them' AFTER late_messages,
    ADD COLUMN IF NOT EXISTS conflicting_messages UInt32 COMMENT 'others under their ids, which were set aside' AFTER repeated_messages;
