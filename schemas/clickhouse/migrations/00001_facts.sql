-- Facts: one row an event, the first copy of it. Keys hold identities only, so that a row never moves and
-- FINAL can merge it; nothing is partitioned by time, because event times are restated.
-- +goose NO TRANSACTION
-- +goose Up
CREATE DATABASE IF NOT EXISTS askbuy {{.OnCluster}};

CREATE DATABASE IF NOT EXISTS bi {{.OnCluster}};

CREATE TABLE IF NOT EXISTS askbuy.messages {{.OnCluster}} (
    shop_id String,
    user_id String COMMENT 'the shopper, on messages of bots and agents too',
    event_id String,
    conv_id String,
    from_role LowCardinality(String) COMMENT 'user, bot or agent',
    text String COMMENT 'masked' CODEC(ZSTD),
    channel LowCardinality(String),
    bot_id String,
    {{template "fact"}}
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.order_events {{.OnCluster}} (
    shop_id String,
    order_id String,
    event_id String,
    user_id String COMMENT 'empty when this event names none',
    status LowCardinality(String) COMMENT 'created, paid, refunded or cancelled',
    amount Nullable(Decimal(18, 2)),
    refunded_amount Nullable(Decimal(18, 2)) COMMENT 'cumulative',
    refund_id String,
    refund_amount Nullable(Decimal(18, 2)) COMMENT 'of this refund alone',
    currency LowCardinality(String),
    coupon String,
    conv_id String COMMENT 'the conversation that the sender names',
    has_items UInt8 COMMENT '1: items were given, be the list empty or not',
    items Array(Tuple(item_id String, category String, quantity Int64, amount Decimal(18, 2), attrs String)),
    {{template "fact"}}
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, order_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.behaviors {{.OnCluster}} (
    shop_id String,
    user_id String,
    event_id String,
    name LowCardinality(String),
    conv_id String,
    item_id String,
    page_id String,
    category String,
    dwell_ms Nullable(Int64),
    {{template "fact"}}
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.exposures {{.OnCluster}} (
    shop_id String,
    user_id String,
    event_id String,
    experiment LowCardinality(String),
    variant LowCardinality(String),
    conv_id String,
    {{template "fact"}}
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.feedback {{.OnCluster}} (
    shop_id String,
    user_id String,
    event_id String,
    conv_id String,
    rating Nullable(UInt8) COMMENT '1 to 5',
    resolved Nullable(UInt8),
    {{template "fact"}}
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.aliases {{.OnCluster}} (
    shop_id String,
    user_id String,
    event_id String,
    alias String COMMENT 'another id of the same person',
    {{template "fact"}}
) ENGINE = {{.Engine "ReplacingMergeTree" "version"}} ORDER BY (shop_id, user_id, event_id);
