CREATE OR REPLACE VIEW bi.freshness {{.OnCluster}} (
    table String COMMENT 'kind of event',
    last_event_at Nullable(DateTime64(3, 'UTC')) COMMENT 'latest event time; NULL without events',
    last_stored_at Nullable(DateTime64(3, 'UTC')) COMMENT 'arrival of the newest event that is stored',
    lag_seconds Nullable(Float64) COMMENT 'time since then, at the time of the query'
) SQL SECURITY INVOKER AS
SELECT f.kind AS table, event_at AS last_event_at, stored_at AS last_stored_at, toFloat64(now64(3, 'UTC') - stored_at) AS lag_seconds
FROM
(
    SELECT 'messages' AS kind, maxOrNull(ts) AS event_at, maxOrNull(received_at) AS stored_at FROM askbuy.messages
    UNION ALL SELECT 'orders', maxOrNull(ts), maxOrNull(received_at) FROM askbuy.order_events
    UNION ALL SELECT 'behaviors', maxOrNull(ts), maxOrNull(received_at) FROM askbuy.behaviors
    UNION ALL SELECT 'exposures', maxOrNull(ts), maxOrNull(received_at) FROM askbuy.exposures
    UNION ALL SELECT 'feedback', maxOrNull(ts), maxOrNull(received_at) FROM askbuy.feedback
    UNION ALL SELECT 'aliases', maxOrNull(ts), maxOrNull(received_at) FROM askbuy.aliases
    UNION ALL SELECT 'replies', maxOrNull(ts), maxOrNull(received_at) FROM askbuy.replies
    UNION ALL SELECT 'handoffs', maxOrNull(ts), maxOrNull(received_at) FROM askbuy.handoffs
) AS f
COMMENT 'Grain: one kind of event.'
