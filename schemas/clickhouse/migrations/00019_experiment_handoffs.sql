-- Conversations of a unit that were handed to a human.
-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE askbuy.experiment_units {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS handed_off UInt32 COMMENT 'conversations' AFTER carted;
