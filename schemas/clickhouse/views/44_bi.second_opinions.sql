CREATE OR REPLACE VIEW bi.second_opinions {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    conv_id String COMMENT 'conversation',
    event_id String COMMENT 'id of the message, unique for its shopper',
    user_id String COMMENT 'shopper as sent',
    ts DateTime64(3, 'UTC') COMMENT 'event time of the message',
    scorer String COMMENT 'name of the scorer in the configuration',
    outcome String COMMENT 'scored, timeout (no whole answer in time), unavailable (not reached, 429 or 5xx), refused (any other status but 200) or malformed (an answer that is not to be believed)',
    score Nullable(Float64) COMMENT 'what the scorer said, 0 to 1; NULL unless scored',
    label String COMMENT 'what the scorer called it; empty when it said nothing',
    latency_seconds Float64 COMMENT 'how long the request took that carried the message'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    conv_id,
    event_id,
    user_id,
    ts,
    toString(scorer) AS scorer,
    toString(outcome) AS outcome,
    score,
    label,
    latency_ms / 1000 AS latency_seconds
FROM askbuy.second_opinions FINAL
COMMENT 'Grain: one message that one scorer was asked about. A second opinion is a record of the moment it was given, and changes no score. Messages that were not asked about (certain, over budget, too late, breaker open) are in the metric askbuy_second_opinions_skipped_total.'
