-- What a model that is not in force would have said, beside the rows of the one that is, and how far each model in
-- force was from the present.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.shadow_scores {{.OnCluster}} (
    shop_id String,
    user_id String,
    event_id String,
    model_id LowCardinality(String) COMMENT 'the one in the shadow',
    conv_id String,
    ts DateTime64(3, 'UTC') COMMENT 'event time of the message' CODEC(Delta, ZSTD),
    evidence Float64,
    buy_score Float64,
    p_order Float64,
    p_net Float64,
    version UInt64 COMMENT 'of the row by the model in force beside which this one was computed',
    stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored'
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, user_id, event_id, model_id);

CREATE TABLE IF NOT EXISTS askbuy.model_drift {{.OnCluster}} (
    model_id LowCardinality(String),
    measured_at DateTime64(3, 'UTC'),
    messages UInt64 COMMENT 'of the last 7 days',
    novelty Float64 COMMENT 'share of their n-grams without a weight',
    expected_novelty Float64 COMMENT 'what that was at the training',
    is_known UInt8 COMMENT '1: the model has a reference; without one psi and expected_novelty say nothing',
    psi Float64 COMMENT 'population stability index of p_order',
    conversations UInt64 COMMENT 'closed, of the last 30 days, later than what the model learned from',
    z Float64 COMMENT 'orders against expectation, in standard deviations'
) ENGINE = {{.Engine "ReplacingMergeTree"}} ORDER BY (model_id, measured_at);
