-- What the dashboard keeps: who looked at what is masked or sealed, which is recorded before anything is shown, and
-- rollups, which the server makes anew by itself once the dashboard runs (rollups/). A large installation has them
-- made less often: ALTER TABLE askbuy.conversations_refresh MODIFY REFRESH AFTER 5 MINUTE. Rollups are plain on a
-- cluster too: each replica derives its own from the facts that it has.
-- +goose NO TRANSACTION
-- +goose Up
CREATE TABLE IF NOT EXISTS askbuy.looks {{.OnCluster}} (
    at DateTime64(3, 'UTC'),
    name String COMMENT 'of who looked',
    kind LowCardinality(String) COMMENT 'of what: dead_letter',
    shop_id String,
    target String COMMENT 'which: of a dead letter its place, topic:partition:offset'
) ENGINE = {{.Engine "MergeTree"}} ORDER BY at;

CREATE TABLE IF NOT EXISTS askbuy.lights {{.OnCluster}} (
    through DateTime64(3, 'UTC') COMMENT 'everything that arrived until then is stored',
    is_known UInt8 COMMENT '0: no record has arrived yet',
    in_flight Int64,
    unexplained Int64
) ENGINE = MergeTree ORDER BY through;

CREATE TABLE IF NOT EXISTS askbuy.shop_list {{.OnCluster}} (
    shop_id String,
    time_zone String,
    reporting_currency String,
    channels Array(String)
) ENGINE = MergeTree ORDER BY shop_id;

CREATE TABLE IF NOT EXISTS askbuy.conversations {{.OnCluster}} (
    shop_id String,
    conv_id String,
    user_id String,
    channel LowCardinality(String),
    cohort_date Date,
    started_at DateTime64(3, 'UTC'),
    last_message_at DateTime64(3, 'UTC'),
    last_user_message_at Nullable(DateTime64(3, 'UTC')),
    first_received_at DateTime64(3, 'UTC'),
    last_received_at DateTime64(3, 'UTC'),
    bot_id String,
    user_messages UInt64,
    bot_messages UInt64,
    agent_messages UInt64,
    intent LowCardinality(String),
    buy_score Nullable(Float64),
    buy_score_peak Nullable(Float64),
    p_order Nullable(Float64),
    model_id LowCardinality(String),
    intent_level LowCardinality(String),
    high_intent_at Nullable(DateTime64(3, 'UTC')),
    order_id String,
    ordered_at Nullable(DateTime64(3, 'UTC')),
    orders UInt64,
    coupon String,
    order_amount Decimal(18, 2),
    net_amount Decimal(18, 2),
    other_currency_orders UInt64,
    is_ordered UInt8,
    is_kept UInt8,
    is_carted UInt8,
    high_intent_ordered_at Nullable(DateTime64(3, 'UTC')),
    is_high_intent_ordered UInt8,
    is_high_intent_kept UInt8,
    is_closed UInt8,
    is_settled UInt8,
    experiment LowCardinality(String),
    variant LowCardinality(String),
    refunds UInt64 COMMENT 'of old_orders, those with a refund',
    old_orders UInt64 COMMENT 'attributed orders that were paid 15 days before as_of',
    as_of DateTime64(3, 'UTC') COMMENT 'the same in every row: what had arrived by then is in it'
) ENGINE = MergeTree ORDER BY (shop_id, cohort_date, user_id, conv_id);
