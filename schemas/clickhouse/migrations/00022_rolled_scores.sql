-- What scores are judged by, in the rollup of conversations. Generations without it are not to be read: the dashboard
-- begins anew at its next turn.
-- +goose NO TRANSACTION
-- +goose Up
TRUNCATE TABLE IF EXISTS askbuy.rollup_generations {{.OnCluster}};

ALTER TABLE askbuy.conversation_versions {{.OnCluster}}
    ADD COLUMN IF NOT EXISTS last_scored_at Nullable(DateTime64(3, 'UTC')) COMMENT 'event time of the latest scored message',
    ADD COLUMN IF NOT EXISTS judged Array(Tuple(event_id String, ts DateTime64(3, 'UTC'), day Date, model_id LowCardinality(String), buy_score Float64, p_order Float64, y UInt8)) COMMENT 'scored messages before the first attributed order, oldest first';
