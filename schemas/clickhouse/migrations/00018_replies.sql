-- Replies: facts that the reply service tells, one row a reply of the bot.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.replies {{.OnCluster}} (
    shop_id String,
    user_id String,
    event_id String COMMENT 'that of the bot''s message',
    conv_id String,
    question_event_id String COMMENT 'the shopper''s message',
    route LowCardinality(String) COMMENT 'hot, cache, rule, faq, llm, clarify or preset',
    intent LowCardinality(String) COMMENT 'of the question',
    confidence Nullable(Float64) COMMENT 'of the step that answered; NULL when it has none',
    experiment LowCardinality(String),
    variant LowCardinality(String),
    language LowCardinality(String) COMMENT 'of the reply',
    latency_ms Float64 COMMENT 'from the question until the reply was known',
    prompt_tokens Int64,
    completion_tokens Int64,
    cost Decimal(18, 6),
    cost_currency LowCardinality(String),
    model LowCardinality(String),
    is_answered UInt8 COMMENT '1: it answers, rather than asking back or putting off',
    is_cached UInt8 COMMENT '1: it was made for an earlier question',
    {{template "fact"}}
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, user_id, event_id);
