-- Handoffs of conversations to humans: one row a step, as facts of our own making.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.handoffs {{.OnCluster}} (
    shop_id String,
    user_id String COMMENT 'the shopper',
    event_id String,
    conv_id String,
    handoff_id String,
    step LowCardinality(String) COMMENT 'requested, taken, shown, attempted, delivered, abandoned or closed',
    reason LowCardinality(String) COMMENT 'of a request, and of a taking that nobody had asked for',
    confidence Nullable(Float64) COMMENT 'of the step that answered',
    buy_score Nullable(Float64) COMMENT 'of the conversation at the request',
    agent String,
    attempt Int64 COMMENT 'number of a posting to the outbound webhook, from 1; 0 on other steps',
    detail String COMMENT 'why a posting failed',
    shown Array(String) COMMENT 'ids of the messages of the agent that reached the shopper',
    context String COMMENT 'what the agent is told, as a JSON object: rounds (masked), profile, segment, intent, language' CODEC(ZSTD),
    {{template "fact"}}
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, user_id, event_id);
