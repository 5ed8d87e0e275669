-- What a message does, whatever topic a rule gives it: the signals of a score go by it.
-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE askbuy.message_scores {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS act LowCardinality(String) DEFAULT intent COMMENT 'likeliest act of the message' AFTER ts;
