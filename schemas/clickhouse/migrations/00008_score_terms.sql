-- What a score is the sum of, and the probability of an order that is kept.
-- +goose NO TRANSACTION
-- +goose Up
ALTER TABLE askbuy.message_scores {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS p_net Float64 DEFAULT p_order COMMENT 'probability of an order that is neither cancelled nor refunded' AFTER p_order,
    ADD COLUMN IF NOT EXISTS terms Array(Tuple(name LowCardinality(String), log_odds Float64)) COMMENT 'what the score is the sum of, by name: message, earlier, and signals' AFTER p_net;
