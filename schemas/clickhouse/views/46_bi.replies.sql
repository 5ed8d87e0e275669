CREATE OR REPLACE VIEW bi.replies {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    conv_id String COMMENT 'conversation',
    user_id String COMMENT 'shopper',
    event_id String COMMENT 'id of the bot''s message in bi.messages',
    question_event_id String COMMENT 'id of the shopper''s message in bi.messages',
    ts DateTime64(3, 'UTC') COMMENT 'when the reply was made',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of the question',
    route String COMMENT 'step that answered: hot, cache, rule, faq, llm, clarify (asked back) or preset (nothing else answered)',
    intent String COMMENT 'topic of the question',
    confidence Nullable(Float64) COMMENT 'of that step, 0 to 1; NULL when it has none',
    experiment String COMMENT 'experiment that covers the shopper, empty when none',
    variant String COMMENT 'its variant',
    language String COMMENT 'language of the reply, zh or en',
    latency_ms Float64 COMMENT 'from the question''s arrival until the reply was known',
    prompt_tokens Int64 COMMENT 'tokens that a language model read',
    completion_tokens Int64 COMMENT 'tokens that it wrote',
    cost Decimal(18, 6) COMMENT 'what they cost',
    cost_currency String COMMENT 'currency of the cost, empty without any',
    is_answered UInt8 COMMENT '1: answers the question; 0: asks back or puts off',
    is_cached UInt8 COMMENT '1: made for an earlier question',
    model String COMMENT 'model that made the text, empty when none did',
    is_test UInt8 COMMENT '1: test traffic, in no figure'
) SQL SECURITY INVOKER AS
SELECT shop_id, conv_id, user_id, event_id, question_event_id, ts, received_at, route, intent, confidence, experiment, variant, language,
    latency_ms, prompt_tokens, completion_tokens, cost, cost_currency, is_answered, is_cached, model, is_test
FROM askbuy.replies FINAL
COMMENT 'Grain: one reply of the bot (shop_id, user_id, event_id), test traffic included.'
