-- The rollup of conversations, kept by the dashboard itself: only shoppers of whom something was stored are computed
-- anew, as new versions of their conversations, so that moments of the last hour can still be asked for. A lineage is
-- one whole computation and what followed; only a moment in rollup_generations may be read. And when each fact was
-- stored, which tells what has changed. Rollups are plain on a cluster too.
-- +goose NO TRANSACTION
-- +goose Up
DROP VIEW IF EXISTS askbuy.conversations_refresh {{.OnCluster}};

DROP VIEW IF EXISTS askbuy.conversation_rollup {{.OnCluster}};

DROP TABLE IF EXISTS askbuy.conversations {{.OnCluster}};

DROP VIEW IF EXISTS askbuy.conversation_index_refresh {{.OnCluster}};

DROP TABLE IF EXISTS askbuy.conversation_index {{.OnCluster}};

ALTER TABLE askbuy.messages {{.OnCluster}} ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.messages {{.OnCluster}} MATERIALIZE COLUMN stored_at;

ALTER TABLE askbuy.order_events {{.OnCluster}} ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.order_events {{.OnCluster}} MATERIALIZE COLUMN stored_at;

ALTER TABLE askbuy.behaviors {{.OnCluster}} ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.behaviors {{.OnCluster}} MATERIALIZE COLUMN stored_at;

ALTER TABLE askbuy.exposures {{.OnCluster}} ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.exposures {{.OnCluster}} MATERIALIZE COLUMN stored_at;

CREATE TABLE IF NOT EXISTS askbuy.rollup_generations {{.OnCluster}} (
    lineage UInt64,
    as_of DateTime64(3, 'UTC') COMMENT 'what had arrived by then is in it',
    cut DateTime('UTC') COMMENT 'what was stored before is in it, or had not arrived by as_of',
    changed UInt64 COMMENT 'shoppers computed anew',
    published_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree PARTITION BY lineage ORDER BY as_of;

CREATE TABLE IF NOT EXISTS askbuy.rollup_changes {{.OnCluster}} (
    lineage UInt64,
    as_of DateTime64(3, 'UTC'),
    shop_id String,
    user_id String
) ENGINE = MergeTree PARTITION BY lineage ORDER BY (as_of, shop_id, user_id);

CREATE TABLE IF NOT EXISTS askbuy.conversation_versions {{.OnCluster}} (
    lineage UInt64,
    since DateTime64(3, 'UTC') COMMENT 'as_of of the generation that made it',
    row UInt64 COMMENT 'of no other row',
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
    reporting_currency LowCardinality(String) COMMENT 'that its amounts were added up by; empty without orders',
    all_paid_at Array(DateTime64(3, 'UTC')) COMMENT 'order times of the attributed orders',
    refunded_paid_at Array(DateTime64(3, 'UTC')) COMMENT 'of these, of those with a refund',
    is_ordered UInt8,
    is_kept UInt8,
    is_carted UInt8,
    high_intent_ordered_at Nullable(DateTime64(3, 'UTC')),
    is_high_intent_ordered UInt8,
    is_high_intent_kept UInt8,
    experiment LowCardinality(String),
    variant LowCardinality(String)
) ENGINE = MergeTree PARTITION BY lineage ORDER BY (shop_id, cohort_date, user_id, conv_id);

CREATE TABLE IF NOT EXISTS askbuy.conversation_ends {{.OnCluster}} (
    lineage UInt64,
    until DateTime64(3, 'UTC') COMMENT 'as_of of the generation from which on the row does not count',
    row UInt64
) ENGINE = MergeTree PARTITION BY lineage ORDER BY until;

CREATE TABLE IF NOT EXISTS askbuy.conversation_sums {{.OnCluster}} (
    lineage UInt64,
    as_of DateTime64(3, 'UTC'),
    shop_id String,
    cohort_date Date,
    channel LowCardinality(String),
    intent LowCardinality(String),
    bot_id String,
    coupon String,
    conversations UInt64,
    high_intent UInt64,
    carted UInt64,
    ordered UInt64,
    kept UInt64,
    high_intent_ordered UInt64,
    high_intent_kept UInt64,
    low_intent_ordered UInt64,
    waiting UInt64 COMMENT 'high intent in the 48 h before as_of, and no order',
    answered UInt64 COMMENT 'with a message of the shopper',
    closed UInt64 COMMENT 'of these, those whose 72 h are over',
    settled UInt64 COMMENT 'of these, those whose 15 days are over',
    order_amount Decimal(38, 2),
    net_amount Decimal(38, 2),
    refunds UInt64,
    old_orders UInt64
) ENGINE = MergeTree PARTITION BY (lineage, intDiv(toUnixTimestamp(as_of), 600)) ORDER BY (as_of, shop_id, cohort_date);
