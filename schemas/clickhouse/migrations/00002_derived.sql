-- Derived rows: what processors made of the facts. A version is a place in the journey topic, so whichever
-- order rows are said or repeated in, the last word of the log stays.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.message_scores {{.OnCluster}} (
    shop_id String,
    user_id String,
    event_id String,
    conv_id String,
    ts DateTime64(3, 'UTC') COMMENT 'event time of the message' CODEC(Delta, ZSTD),
    intent LowCardinality(String),
    intent_path Array(String),
    evidence Float64 COMMENT 'log-odds',
    buy_score Float64 COMMENT 'of the conversation after this message, three decimals',
    p_order Float64 COMMENT 'calibrated probability of an order',
    model_id LowCardinality(String),
    version UInt64
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.touches {{.OnCluster}} (
    shop_id String,
    order_id String,
    user_id String,
    order_at DateTime64(3, 'UTC') COMMENT 'order time' CODEC(Delta, ZSTD),
    named_conv_id String COMMENT 'the conversation that the order names',
    touches Array(Tuple(conv_id String, touch_at DateTime64(3, 'UTC'), explicit UInt8, rank_last UInt32, rank_first UInt32, buy_score Float64)) COMMENT 'all candidates; empty takes back what an earlier version said',
    version UInt64
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, order_id, user_id);
