CREATE DATABASE IF NOT EXISTS askbuy ON CLUSTER '{cluster}';

CREATE DATABASE IF NOT EXISTS bi ON CLUSTER '{cluster}';

CREATE TABLE IF NOT EXISTS askbuy.messages ON CLUSTER '{cluster}' (
    shop_id String,
    user_id String COMMENT 'the shopper, on messages of bots and agents too',
    event_id String,
    conv_id String,
    from_role LowCardinality(String) COMMENT 'user, bot or agent',
    text String COMMENT 'masked' CODEC(ZSTD),
    channel LowCardinality(String),
    bot_id String,
    ts DateTime64(3, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD),
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of this copy' CODEC(Delta, ZSTD),
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    attrs String COMMENT 'JSON object of the fields that this version does not know' CODEC(ZSTD),
    source LowCardinality(String) COMMENT 'door it came through',
    identity FixedString(16) COMMENT 'hash of what makes it this event',
    fp_version UInt8 COMMENT 'version of the fingerprint',
    fp FixedString(16) COMMENT 'fingerprint of the body, without ts',
    no_ts UInt8 COMMENT '1: the sender gave no event time',
    raw_partition Int32 COMMENT 'partition of the raw topic',
    raw_position Int64 COMMENT 'epoch << 40 | offset in the raw topic',
    version UInt64 COMMENT 'greatest Int64 - raw_position: the first copy stays'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.order_events ON CLUSTER '{cluster}' (
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
    ts DateTime64(3, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD),
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of this copy' CODEC(Delta, ZSTD),
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    attrs String COMMENT 'JSON object of the fields that this version does not know' CODEC(ZSTD),
    source LowCardinality(String) COMMENT 'door it came through',
    identity FixedString(16) COMMENT 'hash of what makes it this event',
    fp_version UInt8 COMMENT 'version of the fingerprint',
    fp FixedString(16) COMMENT 'fingerprint of the body, without ts',
    no_ts UInt8 COMMENT '1: the sender gave no event time',
    raw_partition Int32 COMMENT 'partition of the raw topic',
    raw_position Int64 COMMENT 'epoch << 40 | offset in the raw topic',
    version UInt64 COMMENT 'greatest Int64 - raw_position: the first copy stays'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, order_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.behaviors ON CLUSTER '{cluster}' (
    shop_id String,
    user_id String,
    event_id String,
    name LowCardinality(String),
    conv_id String,
    item_id String,
    page_id String,
    category String,
    dwell_ms Nullable(Int64),
    ts DateTime64(3, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD),
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of this copy' CODEC(Delta, ZSTD),
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    attrs String COMMENT 'JSON object of the fields that this version does not know' CODEC(ZSTD),
    source LowCardinality(String) COMMENT 'door it came through',
    identity FixedString(16) COMMENT 'hash of what makes it this event',
    fp_version UInt8 COMMENT 'version of the fingerprint',
    fp FixedString(16) COMMENT 'fingerprint of the body, without ts',
    no_ts UInt8 COMMENT '1: the sender gave no event time',
    raw_partition Int32 COMMENT 'partition of the raw topic',
    raw_position Int64 COMMENT 'epoch << 40 | offset in the raw topic',
    version UInt64 COMMENT 'greatest Int64 - raw_position: the first copy stays'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.exposures ON CLUSTER '{cluster}' (
    shop_id String,
    user_id String,
    event_id String,
    experiment LowCardinality(String),
    variant LowCardinality(String),
    conv_id String,
    ts DateTime64(3, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD),
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of this copy' CODEC(Delta, ZSTD),
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    attrs String COMMENT 'JSON object of the fields that this version does not know' CODEC(ZSTD),
    source LowCardinality(String) COMMENT 'door it came through',
    identity FixedString(16) COMMENT 'hash of what makes it this event',
    fp_version UInt8 COMMENT 'version of the fingerprint',
    fp FixedString(16) COMMENT 'fingerprint of the body, without ts',
    no_ts UInt8 COMMENT '1: the sender gave no event time',
    raw_partition Int32 COMMENT 'partition of the raw topic',
    raw_position Int64 COMMENT 'epoch << 40 | offset in the raw topic',
    version UInt64 COMMENT 'greatest Int64 - raw_position: the first copy stays'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.feedback ON CLUSTER '{cluster}' (
    shop_id String,
    user_id String,
    event_id String,
    conv_id String,
    rating Nullable(UInt8) COMMENT '1 to 5',
    resolved Nullable(UInt8),
    ts DateTime64(3, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD),
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of this copy' CODEC(Delta, ZSTD),
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    attrs String COMMENT 'JSON object of the fields that this version does not know' CODEC(ZSTD),
    source LowCardinality(String) COMMENT 'door it came through',
    identity FixedString(16) COMMENT 'hash of what makes it this event',
    fp_version UInt8 COMMENT 'version of the fingerprint',
    fp FixedString(16) COMMENT 'fingerprint of the body, without ts',
    no_ts UInt8 COMMENT '1: the sender gave no event time',
    raw_partition Int32 COMMENT 'partition of the raw topic',
    raw_position Int64 COMMENT 'epoch << 40 | offset in the raw topic',
    version UInt64 COMMENT 'greatest Int64 - raw_position: the first copy stays'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.aliases ON CLUSTER '{cluster}' (
    shop_id String,
    user_id String,
    event_id String,
    alias String COMMENT 'another id of the same person',
    ts DateTime64(3, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD),
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of this copy' CODEC(Delta, ZSTD),
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    attrs String COMMENT 'JSON object of the fields that this version does not know' CODEC(ZSTD),
    source LowCardinality(String) COMMENT 'door it came through',
    identity FixedString(16) COMMENT 'hash of what makes it this event',
    fp_version UInt8 COMMENT 'version of the fingerprint',
    fp FixedString(16) COMMENT 'fingerprint of the body, without ts',
    no_ts UInt8 COMMENT '1: the sender gave no event time',
    raw_partition Int32 COMMENT 'partition of the raw topic',
    raw_position Int64 COMMENT 'epoch << 40 | offset in the raw topic',
    version UInt64 COMMENT 'greatest Int64 - raw_position: the first copy stays'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.message_scores ON CLUSTER '{cluster}' (
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
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, user_id, event_id);

CREATE TABLE IF NOT EXISTS askbuy.touches ON CLUSTER '{cluster}' (
    shop_id String,
    order_id String,
    user_id String,
    order_at DateTime64(3, 'UTC') COMMENT 'order time' CODEC(Delta, ZSTD),
    named_conv_id String COMMENT 'the conversation that the order names',
    touches Array(Tuple(conv_id String, touch_at DateTime64(3, 'UTC'), explicit UInt8, rank_last UInt32, rank_first UInt32, buy_score Float64)) COMMENT 'all candidates; empty takes back what an earlier version said',
    version UInt64
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, order_id, user_id);

CREATE TABLE IF NOT EXISTS askbuy.receipts ON CLUSTER '{cluster}' (
    topic LowCardinality(String) COMMENT 'without its prefix',
    raw_partition Int32,
    raw_position Int64 COMMENT 'epoch << 40 | offset',
    outcome LowCardinality(String) COMMENT 'stored, duplicate, conflict, quarantined or erased',
    source LowCardinality(String),
    shop_id String,
    identity FixedString(16),
    received_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD)
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY (topic, raw_partition, raw_position);

CREATE TABLE IF NOT EXISTS askbuy.dead_letters ON CLUSTER '{cluster}' (
    id String COMMENT 'letters with one id are one letter, delivered more than once',
    stage LowCardinality(String) COMMENT 'ingest, process or sink',
    reason LowCardinality(String),
    detail String COMMENT 'names the field and the rule',
    source LowCardinality(String),
    shop_id String,
    type LowCardinality(String),
    event_id String,
    received_at DateTime64(3, 'UTC'),
    topic LowCardinality(String) COMMENT 'of the record that was set aside; a letter of the door has its own place',
    partition Int32,
    position Int64 COMMENT 'epoch << 40 | offset'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY (id, topic, partition, position);

CREATE TABLE IF NOT EXISTS askbuy.offset_cuts ON CLUSTER '{cluster}' (
    topic LowCardinality(String),
    partition Int32,
    epoch Int64,
    start_offset Int64 COMMENT 'first offset that the broker still has',
    end_offset Int64 COMMENT 'next offset to be written',
    committed_offset Int64 COMMENT 'next offset that the sink will read',
    noted_at DateTime64(3, 'UTC')
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', noted_at) ORDER BY (topic, partition, epoch);

CREATE TABLE IF NOT EXISTS askbuy.topic_epochs ON CLUSTER '{cluster}' (
    topic LowCardinality(String),
    topic_id String COMMENT 'hex: the id that the broker gave',
    epoch Int64 COMMENT 'rises whenever the topic is made anew'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY (topic, topic_id);

CREATE TABLE IF NOT EXISTS askbuy.shops ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'empty: the default of all shops',
    time_zone String COMMENT 'IANA name; empty: not configured',
    reporting_currency String COMMENT 'empty: not configured',
    version UInt64
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY shop_id;

CREATE TABLE IF NOT EXISTS askbuy.conversation_index ON CLUSTER '{cluster}' (
    shop_id String,
    started_at DateTime64(3, 'UTC') COMMENT 'event time of the earliest message',
    conv_id String,
    user_id String
) ENGINE = MergeTree ORDER BY (shop_id, started_at, conv_id, user_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS askbuy.conversation_index_refresh ON CLUSTER '{cluster}'
REFRESH EVERY 1 MINUTE
TO askbuy.conversation_index
AS SELECT m.shop_id AS shop_id, min(m.ts) AS started_at, m.conv_id AS conv_id, m.user_id AS user_id
FROM askbuy.messages AS m FINAL
WHERE m.is_test = 0
GROUP BY shop_id, conv_id, user_id;

CREATE TABLE IF NOT EXISTS askbuy.installation ON CLUSTER '{cluster}' (
    name String,
    value String
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY name;

CREATE TABLE IF NOT EXISTS askbuy.erasures ON CLUSTER '{cluster}' (
    subject FixedString(32) COMMENT 'keyed hash of a shopper, or of an order of an erased shopper',
    erased_at DateTime64(3, 'UTC') COMMENT 'event time up to which the subject is gone',
    version UInt64 COMMENT 'ms of erased_at: the latest erasure counts'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY subject;

CREATE TABLE IF NOT EXISTS askbuy.retention_floors ON CLUSTER '{cluster}' (
    name String COMMENT 'table, as the setting retention names it',
    floor DateTime64(3, 'UTC') COMMENT 'rows that arrived before it may have expired, whatever is configured now',
    version UInt64 COMMENT 'ms of floor: the latest counts'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY name;

ALTER TABLE askbuy.message_scores ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.message_scores ON CLUSTER '{cluster}' MATERIALIZE COLUMN stored_at;

ALTER TABLE askbuy.touches ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.touches ON CLUSTER '{cluster}' MATERIALIZE COLUMN stored_at;

ALTER TABLE askbuy.message_scores ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS p_net Float64 DEFAULT p_order COMMENT 'probability of an order that is neither cancelled nor refunded' AFTER p_order,
    ADD COLUMN IF NOT EXISTS terms Array(Tuple(name LowCardinality(String), log_odds Float64)) COMMENT 'what the score is the sum of, by name: message, earlier, and signals' AFTER p_net;

ALTER TABLE askbuy.message_scores ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS act LowCardinality(String) DEFAULT intent COMMENT 'likeliest act of the message' AFTER ts;

CREATE TABLE IF NOT EXISTS askbuy.model_bundles ON CLUSTER '{cluster}' (
    id String COMMENT 'of the content: sha256:... of a model, rules:... of rules',
    kind LowCardinality(String) COMMENT 'model or rules',
    origin LowCardinality(String) COMMENT 'shipped, trained or imported',
    files Map(String, String) COMMENT 'by name',
    manifest String COMMENT 'that of the files, as JSON; empty for rules',
    created_at DateTime64(3, 'UTC') COMMENT 'when it was put here'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY id;

CREATE TABLE IF NOT EXISTS askbuy.model_log ON CLUSTER '{cluster}' (
    from_ms Int64 COMMENT 'event time from which on it reads messages, ms',
    model_id String,
    rules_id String COMMENT 'empty: none',
    published_at Int64 COMMENT 'ms',
    by String,
    why String
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY from_ms;

CREATE TABLE IF NOT EXISTS askbuy.experiments ON CLUSTER '{cluster}' (
    experiment String,
    shop_id String COMMENT 'the one shop it runs in; empty: several or all',
    shops Array(String) COMMENT 'empty: all',
    config_hash String COMMENT 'SHA-256 of document',
    document String COMMENT 'the file as JSON with every default written out' CODEC(ZSTD),
    hypothesis String,
    owner String,
    assignment LowCardinality(String),
    mode LowCardinality(String),
    alpha Float64,
    running_level Float64 COMMENT 'level of the always-valid bounds',
    power Float64,
    n_star UInt64,
    hash_version UInt8,
    seed String,
    coverage Float64,
    start_at DateTime64(3, 'UTC'),
    planned_end DateTime64(3, 'UTC'),
    final_at DateTime64(3, 'UTC') COMMENT 'when the last cut-off of its metrics has passed',
    variants Array(Tuple(variant String, weight Float64, is_control UInt8, lower Float64, upper Float64)) COMMENT 'with the range of buckets that gives each, from lower up to but not upper',
    metrics Array(Tuple(metric String, role String, cap Float64, is_adjusted UInt8)) COMMENT 'cap: quantile of payers; 0: not money',
    version UInt64
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY experiment;

CREATE TABLE IF NOT EXISTS askbuy.experiment_units ON CLUSTER '{cluster}' (
    experiment String,
    generation UInt64 COMMENT 'ms of the cut-off << 20 | token',
    shop_id String,
    user_id String,
    variant LowCardinality(String) COMMENT 'of the first exposure',
    first_exposure_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD),
    exposures UInt32,
    mismatched UInt32 COMMENT 'exposures to another variant than the hash gives',
    is_contaminated UInt8 COMMENT '1: saw another variant as well',
    bucket Nullable(Float64) COMMENT 'NULL: the sender assigns',
    currency LowCardinality(String) COMMENT 'reporting currency of the shop',
    conversations UInt32,
    open_conversations UInt32 COMMENT 'whose last user message is not 72 h old',
    ordered UInt32 COMMENT 'conversations',
    carted UInt32 COMMENT 'conversations',
    is_high UInt8 COMMENT '1: a message since the exposure reached high intent',
    conversation_revenue Float64 COMMENT 'net, of the orders attributed to the conversations',
    revenue Float64 COMMENT 'net, of all paid orders',
    orders UInt32,
    joined_orders UInt32 COMMENT 'orders attributed to some conversation',
    matured_orders UInt32 COMMENT 'orders older than 15 days',
    refunded_orders UInt32 COMMENT 'of these, those with less net than amount',
    replies UInt32 COMMENT 'user messages that were answered',
    slow_replies UInt32 COMMENT 'of these, those answered after more than 3 s',
    messages UInt32,
    late_messages UInt32 COMMENT 'of these, those that arrived more than an hour late',
    earlier_revenue Float64 COMMENT 'amounts paid in the 14 days before the exposure',
    earlier_conversations UInt32 COMMENT 'in the 14 days before the exposure'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') PARTITION BY (experiment, generation) ORDER BY (shop_id, user_id);

CREATE TABLE IF NOT EXISTS askbuy.experiment_refreshes ON CLUSTER '{cluster}' (
    experiment String,
    generation UInt64,
    cut_off DateTime64(3, 'UTC') COMMENT 'what happened later is not in it',
    unknown Array(Tuple(variant String, exposures UInt64)) COMMENT 'exposures to variants that the experiment does not have'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY (experiment, generation);

CREATE TABLE IF NOT EXISTS askbuy.experiment_snapshots ON CLUSTER '{cluster}' (
    experiment String,
    look String COMMENT 'final, or the day that run made it for, or the moment of a report',
    snapshot_at DateTime64(3, 'UTC'),
    made_by LowCardinality(String) COMMENT 'run or report',
    is_final UInt8,
    config_hash String,
    sql_hash String,
    engine_version UInt32,
    input String COMMENT 'JSON: all that the results follow from' CODEC(ZSTD),
    analysis String COMMENT 'JSON: all that follows' CODEC(ZSTD),
    version UInt64
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (experiment, look);

CREATE TABLE IF NOT EXISTS askbuy.experiment_results ON CLUSTER '{cluster}' (
    experiment String,
    look String,
    metric String,
    variant String,
    shop_id String COMMENT 'the one shop it runs in; empty: several or all',
    snapshot_at DateTime64(3, 'UTC'),
    data_cutoff DateTime64(3, 'UTC'),
    is_final UInt8,
    role LowCardinality(String),
    control String,
    n_c UInt64,
    n_t UInt64,
    contaminated_excluded UInt64,
    value_c Nullable(Float64),
    value_t Nullable(Float64),
    diff Nullable(Float64),
    se Nullable(Float64),
    dof Nullable(Float64),
    p_fixed Nullable(Float64),
    ci_lo Nullable(Float64),
    ci_hi Nullable(Float64),
    lift Nullable(Float64),
    lift_lo Nullable(Float64),
    lift_hi Nullable(Float64),
    p_always_valid Nullable(Float64),
    p_always_valid_running Nullable(Float64),
    seq_lo Nullable(Float64),
    seq_hi Nullable(Float64),
    decision_lo Nullable(Float64),
    decision_hi Nullable(Float64),
    p_adjusted Nullable(Float64),
    adjust LowCardinality(String),
    cuped_theta Nullable(Float64),
    variance_reduction Nullable(Float64),
    cap Nullable(Float64),
    diff_raw Nullable(Float64),
    mde_now Nullable(Float64),
    power_at_mde Nullable(Float64),
    days_left Nullable(Int64),
    guardrail LowCardinality(String),
    refused LowCardinality(String),
    verdict LowCardinality(String),
    reason LowCardinality(String),
    warnings Array(String),
    mean_num_c Nullable(Float64),
    mean_den_c Nullable(Float64),
    var_num_c Nullable(Float64),
    var_den_c Nullable(Float64),
    cov_c Nullable(Float64),
    mean_num_t Nullable(Float64),
    mean_den_t Nullable(Float64),
    var_num_t Nullable(Float64),
    var_den_t Nullable(Float64),
    cov_t Nullable(Float64),
    srm_p Nullable(Float64),
    engine_version UInt32,
    config_hash String,
    sql_hash String,
    version UInt64
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (experiment, look, metric, variant);

CREATE TABLE IF NOT EXISTS askbuy.second_opinions ON CLUSTER '{cluster}' (
    shop_id String,
    user_id String,
    event_id String,
    scorer LowCardinality(String),
    conv_id String,
    ts DateTime64(3, 'UTC') COMMENT 'event time of the message' CODEC(Delta, ZSTD),
    outcome LowCardinality(String) COMMENT 'scored, timeout, unavailable, refused or malformed',
    score Nullable(Float64),
    label String,
    latency_ms Float64,
    version UInt64 COMMENT 'greatest Int64 - position in the topic of opinions',
    stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, user_id, event_id, scorer);

CREATE TABLE IF NOT EXISTS askbuy.handoffs ON CLUSTER '{cluster}' (
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
    ts DateTime64(3, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD),
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of this copy' CODEC(Delta, ZSTD),
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    attrs String COMMENT 'JSON object of the fields that this version does not know' CODEC(ZSTD),
    source LowCardinality(String) COMMENT 'door it came through',
    identity FixedString(16) COMMENT 'hash of what makes it this event',
    fp_version UInt8 COMMENT 'version of the fingerprint',
    fp FixedString(16) COMMENT 'fingerprint of the body, without ts',
    no_ts UInt8 COMMENT '1: the sender gave no event time',
    raw_partition Int32 COMMENT 'partition of the raw topic',
    raw_position Int64 COMMENT 'epoch << 40 | offset in the raw topic',
    version UInt64 COMMENT 'greatest Int64 - raw_position: the first copy stays'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, user_id, event_id);

ALTER TABLE askbuy.experiment_units ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS repeated_messages UInt32 COMMENT 'further copies of them' AFTER late_messages,
    ADD COLUMN IF NOT EXISTS conflicting_messages UInt32 COMMENT 'others under their ids, which were set aside' AFTER repeated_messages;

CREATE TABLE IF NOT EXISTS askbuy.shadow_scores ON CLUSTER '{cluster}' (
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
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, user_id, event_id, model_id);

CREATE TABLE IF NOT EXISTS askbuy.model_drift ON CLUSTER '{cluster}' (
    model_id LowCardinality(String),
    measured_at DateTime64(3, 'UTC'),
    messages UInt64 COMMENT 'of the last 7 days',
    novelty Float64 COMMENT 'share of their n-grams without a weight',
    expected_novelty Float64 COMMENT 'what that was at the training',
    is_known UInt8 COMMENT '1: the model has a reference; without one psi and expected_novelty say nothing',
    psi Float64 COMMENT 'population stability index of p_order',
    conversations UInt64 COMMENT 'closed, of the last 30 days, later than what the model learned from',
    z Float64 COMMENT 'orders against expectation, in standard deviations'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY (model_id, measured_at);

CREATE TABLE IF NOT EXISTS askbuy.looks ON CLUSTER '{cluster}' (
    at DateTime64(3, 'UTC'),
    name String COMMENT 'of who looked',
    kind LowCardinality(String) COMMENT 'of what: dead_letter',
    shop_id String,
    target String COMMENT 'which: of a dead letter its place, topic:partition:offset'
) ENGINE = ReplicatedMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}') ORDER BY at;

CREATE TABLE IF NOT EXISTS askbuy.lights ON CLUSTER '{cluster}' (
    through DateTime64(3, 'UTC') COMMENT 'everything that arrived until then is stored',
    is_known UInt8 COMMENT '0: no record has arrived yet',
    in_flight Int64,
    unexplained Int64
) ENGINE = MergeTree ORDER BY through;

CREATE TABLE IF NOT EXISTS askbuy.shop_list ON CLUSTER '{cluster}' (
    shop_id String,
    time_zone String,
    reporting_currency String,
    channels Array(String)
) ENGINE = MergeTree ORDER BY shop_id;

CREATE TABLE IF NOT EXISTS askbuy.conversations ON CLUSTER '{cluster}' (
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

CREATE TABLE IF NOT EXISTS askbuy.replies ON CLUSTER '{cluster}' (
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
    ts DateTime64(3, 'UTC') COMMENT 'event time' CODEC(Delta, ZSTD),
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of this copy' CODEC(Delta, ZSTD),
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    attrs String COMMENT 'JSON object of the fields that this version does not know' CODEC(ZSTD),
    source LowCardinality(String) COMMENT 'door it came through',
    identity FixedString(16) COMMENT 'hash of what makes it this event',
    fp_version UInt8 COMMENT 'version of the fingerprint',
    fp FixedString(16) COMMENT 'fingerprint of the body, without ts',
    no_ts UInt8 COMMENT '1: the sender gave no event time',
    raw_partition Int32 COMMENT 'partition of the raw topic',
    raw_position Int64 COMMENT 'epoch << 40 | offset in the raw topic',
    version UInt64 COMMENT 'greatest Int64 - raw_position: the first copy stays'
) ENGINE = ReplicatedReplacingMergeTree('/clickhouse/tables/{uuid}/{shard}', '{replica}', version) ORDER BY (shop_id, user_id, event_id);

ALTER TABLE askbuy.experiment_units ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS handed_off UInt32 COMMENT 'conversations' AFTER carted;

DROP VIEW IF EXISTS askbuy.conversations_refresh ON CLUSTER '{cluster}';

DROP VIEW IF EXISTS askbuy.conversation_rollup ON CLUSTER '{cluster}';

DROP TABLE IF EXISTS askbuy.conversations ON CLUSTER '{cluster}';

DROP VIEW IF EXISTS askbuy.conversation_index_refresh ON CLUSTER '{cluster}';

DROP TABLE IF EXISTS askbuy.conversation_index ON CLUSTER '{cluster}';

ALTER TABLE askbuy.messages ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.messages ON CLUSTER '{cluster}' MATERIALIZE COLUMN stored_at;

ALTER TABLE askbuy.order_events ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.order_events ON CLUSTER '{cluster}' MATERIALIZE COLUMN stored_at;

ALTER TABLE askbuy.behaviors ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.behaviors ON CLUSTER '{cluster}' MATERIALIZE COLUMN stored_at;

ALTER TABLE askbuy.exposures ON CLUSTER '{cluster}' ADD COLUMN IF NOT EXISTS stored_at DateTime('UTC') MATERIALIZED now() COMMENT 'when this row was stored';

ALTER TABLE askbuy.exposures ON CLUSTER '{cluster}' MATERIALIZE COLUMN stored_at;

CREATE TABLE IF NOT EXISTS askbuy.rollup_generations ON CLUSTER '{cluster}' (
    lineage UInt64,
    as_of DateTime64(3, 'UTC') COMMENT 'what had arrived by then is in it',
    cut DateTime('UTC') COMMENT 'what was stored before is in it, or had not arrived by as_of',
    changed UInt64 COMMENT 'shoppers computed anew',
    published_at DateTime64(3, 'UTC') DEFAULT now64(3)
) ENGINE = MergeTree PARTITION BY lineage ORDER BY as_of;

CREATE TABLE IF NOT EXISTS askbuy.rollup_changes ON CLUSTER '{cluster}' (
    lineage UInt64,
    as_of DateTime64(3, 'UTC'),
    shop_id String,
    user_id String
) ENGINE = MergeTree PARTITION BY lineage ORDER BY (as_of, shop_id, user_id);

CREATE TABLE IF NOT EXISTS askbuy.conversation_versions ON CLUSTER '{cluster}' (
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

CREATE TABLE IF NOT EXISTS askbuy.conversation_ends ON CLUSTER '{cluster}' (
    lineage UInt64,
    until DateTime64(3, 'UTC') COMMENT 'as_of of the generation from which on the row does not count',
    row UInt64
) ENGINE = MergeTree PARTITION BY lineage ORDER BY until;

CREATE TABLE IF NOT EXISTS askbuy.conversation_sums ON CLUSTER '{cluster}' (
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

ALTER TABLE askbuy.receipts ON CLUSTER '{cluster}' MODIFY SETTING deduplicate_merge_projection_mode = 'rebuild';

ALTER TABLE askbuy.receipts ON CLUSTER '{cluster}' ADD PROJECTION IF NOT EXISTS offsets (
    SELECT topic, raw_partition, bitShiftRight(raw_position, 40), intDiv(bitAnd(raw_position, 0xFFFFFFFFFF), 65536), groupBitmapState(toUInt64(bitAnd(raw_position, 0xFFFFFFFFFF)))
    GROUP BY topic, raw_partition, bitShiftRight(raw_position, 40), intDiv(bitAnd(raw_position, 0xFFFFFFFFFF), 65536)
);

ALTER TABLE askbuy.receipts ON CLUSTER '{cluster}' MATERIALIZE PROJECTION offsets;

TRUNCATE TABLE IF EXISTS askbuy.rollup_generations ON CLUSTER '{cluster}';

ALTER TABLE askbuy.conversation_versions ON CLUSTER '{cluster}'
    ADD COLUMN IF NOT EXISTS last_scored_at Nullable(DateTime64(3, 'UTC')) COMMENT 'event time of the latest scored message',
    ADD COLUMN IF NOT EXISTS judged Array(Tuple(event_id String, ts DateTime64(3, 'UTC'), day Date, model_id LowCardinality(String), buy_score Float64, p_order Float64, y UInt8)) COMMENT 'scored messages before the first attributed order, oldest first';

-- An order folded over all its events, whatever their user. Everything about orders starts here.
CREATE OR REPLACE VIEW askbuy.order_fold ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    shop_id,
    order_id,
    if(payer != '', payer, namer) AS user_id,
    multiIf(cancelled_at IS NOT NULL, 'cancelled', refunded_at IS NOT NULL, 'refunded', paid_at IS NOT NULL, 'paid', 'created') AS status,
    CAST(least(last_amount, toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS amount,
    CAST(least(greatest(last_cumulative, refunds), toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS refunded_amount,
    if(cancelled_at IS NOT NULL OR paid_at IS NULL, toDecimal64(0, 2), greatest(amount - refunded_amount, toDecimal64(0, 2))) AS net_amount,
    last_currency AS currency,
    created_at,
    paid_at,
    cancelled_at,
    refunded_at,
    last_coupon AS coupon,
    last_conv_id AS named_conv_id
FROM
(
    SELECT
        shop_id,
        order_id,
        argMinIf(e.user_id, (e.ts, e.event_id), e.status = 'paid' AND e.user_id != '') AS payer,
        argMinIf(e.user_id, (e.ts, e.event_id), e.user_id != '') AS namer,
        coalesce(argMaxIf(e.amount, (e.ts, e.event_id), e.amount IS NOT NULL), 0) AS last_amount,
        coalesce(max(e.refunded_amount), 0) AS last_cumulative,
        -- One refund told several times counts as told last: of neighbours with one id only the last is summed.
        arraySort(groupArrayIf((e.refund_id, e.ts, e.event_id, assumeNotNull(e.refund_amount)), e.refund_id != '')) AS told,
        arraySum((x, next_id) -> if(x.1 = next_id, toDecimal128(0, 2), toDecimal128(x.4, 2)), told, arrayPopFront(arrayPushBack(told.1, ''))) AS refunds,
        argMaxIf(e.currency, (e.ts, e.event_id), e.currency != '') AS last_currency,
        argMaxIf(e.coupon, (e.ts, e.event_id), e.coupon != '') AS last_coupon,
        argMaxIf(e.conv_id, (e.ts, e.event_id), e.conv_id != '') AS last_conv_id,
        minIfOrNull(e.ts, e.status = 'created') AS created_at,
        minIfOrNull(e.ts, e.status = 'paid') AS paid_at,
        minIfOrNull(e.ts, e.status = 'cancelled') AS cancelled_at,
        minIfOrNull(e.ts, e.status = 'refunded') AS refunded_at
    FROM askbuy.order_events AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, order_id
);

-- What an order touched, whole, with the conversation it is attributed to by default: last touch, 72 h.
CREATE OR REPLACE VIEW askbuy.order_touches ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    shop_id,
    order_id,
    user_id,
    order_at,
    arraySort(t -> t.rank_last, arrayFilter(t -> t.explicit = 1 OR order_at - t.touch_at <= 72 * 3600, touches))[1].conv_id AS conv_id,
    length(touches) AS candidates,
    arrayExists(t -> t.explicit = 1, touches) AS is_explicit
FROM askbuy.touches FINAL
WHERE notEmpty(touches);

-- Orders that were paid, each with its shop's reporting currency: the configured one, else that of the shop's
-- first paid order that has one.
CREATE OR REPLACE VIEW askbuy.paid_orders ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    o.shop_id AS shop_id,
    o.order_id AS order_id,
    o.user_id AS user_id,
    o.amount AS amount,
    o.refunded_amount AS refunded_amount,
    o.net_amount AS net_amount,
    o.coupon AS coupon,
    assumeNotNull(o.paid_at) AS paid_at,
    ifNull(multiIf(z.reporting_currency != '', z.reporting_currency, (SELECT any(reporting_currency) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(reporting_currency) FROM askbuy.shops FINAL WHERE shop_id = ''), o.first_currency), '') AS reporting_currency,
    o.currency = '' OR o.currency = reporting_currency AS is_reporting
FROM
(
    SELECT shop_id, order_id, user_id, amount, refunded_amount, net_amount, currency, coupon, paid_at,
        argMinIf(currency, (paid_at, order_id), currency != '') OVER (PARTITION BY shop_id) AS first_currency
    FROM askbuy.order_fold
    WHERE paid_at IS NOT NULL
) AS o
LEFT JOIN (SELECT shop_id, reporting_currency FROM askbuy.shops FINAL) AS z USING (shop_id);

-- Messages that say something is bought, with what the shopper really ordered: a claim is met by an order that was
-- paid at most 30 days before it or 72 h after it.
CREATE OR REPLACE VIEW askbuy.claims ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    s.shop_id AS shop_id,
    s.user_id AS user_id,
    s.conv_id AS conv_id,
    s.event_id AS event_id,
    s.ts AS ts,
    arrayFilter(o -> o.1 >= s.ts - toIntervalDay(30) AND o.1 <= s.ts + toIntervalHour(72), o.paid) AS met,
    notEmpty(met) AS is_ordered,
    arrayExists(o -> o.2, met) AS is_kept
FROM (SELECT shop_id, user_id, conv_id, event_id, ts FROM askbuy.message_scores FINAL WHERE act = 'purchase_claim') AS s
LEFT JOIN
(
    SELECT shop_id, user_id, groupArray((assumeNotNull(paid_at), net_amount > 0)) AS paid
    FROM askbuy.order_fold
    WHERE paid_at IS NOT NULL
    GROUP BY shop_id, user_id
) AS o USING (shop_id, user_id);

-- Conversations that claim: how often, how often for nothing, and how often the shopper did so elsewhere in the shop.
CREATE OR REPLACE VIEW askbuy.conversation_claims ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    shop_id,
    user_id,
    conv_id,
    first_claim_at,
    claims,
    unmet,
    sum(unmet) OVER (PARTITION BY shop_id, user_id) - unmet AS unmet_elsewhere,
    is_ordered,
    is_kept
FROM
(
    SELECT
        shop_id,
        user_id,
        conv_id,
        min(c.ts) AS first_claim_at,
        count() AS claims,
        countIf(c.is_ordered = 0) AS unmet,
        max(c.is_ordered) AS is_ordered,
        max(c.is_kept) AS is_kept
    FROM askbuy.claims AS c
    GROUP BY shop_id, user_id, conv_id
);

-- Shoppers who lost orders: cancelled or wholly refunded ones, among those that they paid.
CREATE OR REPLACE VIEW askbuy.lost_orders ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    shop_id,
    user_id,
    count() AS paid,
    countIf(cancelled_at IS NOT NULL OR (amount > 0 AND net_amount = 0)) AS lost
FROM askbuy.order_fold
WHERE paid_at IS NOT NULL AND user_id != ''
GROUP BY shop_id, user_id
HAVING lost > 0;

-- The orders attributed to a conversation, summed.
CREATE OR REPLACE VIEW askbuy.conversation_orders ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    t.shop_id AS shop_id,
    t.user_id AS user_id,
    t.conv_id AS conv_id,
    count() AS orders,
    argMin(t.order_id, (o.paid_at, t.order_id)) AS order_id,
    min(o.paid_at) AS ordered_at,
    max(o.paid_at) AS last_ordered_at,
    maxIfOrNull(o.paid_at, o.net_amount > 0) AS last_kept_at,
    groupArray(o.paid_at) AS paid_at_all,
    groupArrayIf(o.paid_at, o.net_amount > 0) AS kept_at,
    groupArrayIf(o.paid_at, o.refunded_amount > 0) AS refunded_paid_at,
    any(o.reporting_currency) AS reporting_currency,
    argMin(o.coupon, (o.paid_at, t.order_id)) AS coupon,
    CAST(least(sumIf(o.amount, o.is_reporting), toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS order_amount,
    CAST(least(sumIf(o.net_amount, o.is_reporting), toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS net_amount,
    countIf(NOT o.is_reporting) AS other_currency_orders
FROM askbuy.order_touches AS t
INNER JOIN askbuy.paid_orders AS o USING (shop_id, order_id, user_id)
WHERE t.conv_id != ''
GROUP BY shop_id, user_id, conv_id;

-- Every add_to_cart with the conversation that was its last touch within 72 h. A shopper's messages and carts are
-- walked in time order; a cart looks at the message before it.
CREATE OR REPLACE VIEW askbuy.carts ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT shop_id, user_id, hit.1.3 AS conv_id, hit.2.1 AS carted_at
FROM
(
    SELECT
        shop_id,
        user_id,
        arraySort(groupArray((e.ts, e.is_cart, e.conv_id))) AS walk,
        arrayFill(x -> x.2 = 0, walk) AS message_before,
        arrayFilter(x -> x.2.2 = 1 AND x.1.2 = 0 AND x.2.1 - x.1.1 <= 72 * 3600, arrayZip(message_before, walk)) AS hits
    FROM
    (
        SELECT shop_id, user_id, e.ts AS ts, 0 AS is_cart, conv_id FROM askbuy.messages AS e FINAL WHERE e.is_test = 0 AND from_role = 'user'
        UNION ALL
        SELECT shop_id, user_id, e.ts AS ts, 1 AS is_cart, '' AS conv_id FROM askbuy.behaviors AS e FINAL WHERE e.is_test = 0 AND name = 'add_to_cart'
    ) AS e
    GROUP BY shop_id, user_id
    HAVING max(e.is_cart) = 1
)
ARRAY JOIN hits AS hit;

-- Conversations that were the last touch within 72 h of an add_to_cart.
CREATE OR REPLACE VIEW askbuy.carted ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT DISTINCT shop_id, user_id, conv_id FROM askbuy.carts;

-- The scores of a conversation: latest and peak, its intent, and its place among the shop's conversations.
CREATE OR REPLACE VIEW askbuy.conversation_scores ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    shop_id,
    user_id,
    conv_id,
    toNullable(latest.1) AS buy_score,
    toNullable(peak) AS buy_score_peak,
    toNullable(latest.2) AS p_order,
    latest.3 AS model_id,
    toNullable(latest.4) AS p_net,
    subject.1 AS intent,
    subject.2 AS intent_path,
    high_intent_at,
    bargains,
    if(latest.1 >= 0.7, 'high', 'low') AS intent_level,
    toNullable((rank() OVER (PARTITION BY shop_id ORDER BY latest.1) - 1) / count() OVER (PARTITION BY shop_id)) AS score_percentile
FROM
(
    SELECT
        shop_id,
        user_id,
        conv_id,
        argMax((s.buy_score, s.p_order, toString(s.model_id), s.p_net), (s.ts, s.event_id)) AS latest,
        max(s.buy_score) AS peak,
        minIfOrNull(s.ts, s.buy_score >= 0.7) AS high_intent_at,
        countIf(s.act = 'bargain') AS bargains,
        argMin((toString(s.intent), s.intent_path), (-s.evidence, s.ts, s.event_id)) AS subject
    FROM askbuy.message_scores AS s FINAL
    GROUP BY shop_id, user_id, conv_id
);

-- The one experiment that exposed a conversation; '' when there were several.
CREATE OR REPLACE VIEW askbuy.conversation_experiments ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    shop_id,
    user_id,
    conv_id,
    if(experiments = 1, first_shown.1, '') AS experiment,
    if(experiments = 1, first_shown.2, '') AS variant
FROM
(
    SELECT
        shop_id,
        user_id,
        conv_id,
        uniqExact(e.experiment) AS experiments,
        argMin((toString(e.experiment), toString(e.variant)), (e.ts, e.event_id)) AS first_shown
    FROM askbuy.exposures AS e FINAL
    WHERE e.is_test = 0 AND e.conv_id != ''
    GROUP BY shop_id, user_id, conv_id
);

-- A conversation: its messages and all that is joined to them.
CREATE OR REPLACE VIEW askbuy.conversation_rows ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    m.shop_id AS shop_id,
    m.conv_id AS conv_id,
    m.user_id AS user_id,
    m.channel AS channel,
    toDate(greatest('1970-01-01', formatDateTime(greatest(m.started_at, toDateTime64(0, 3, 'UTC')), '%F', ifNull(multiIf(z.time_zone != '', z.time_zone, (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = ''), 'Asia/Shanghai'), 'Asia/Shanghai')))) AS cohort_date,
    m.started_at AS started_at,
    m.last_message_at AS last_message_at,
    m.last_user_message_at AS last_user_message_at,
    m.bot_id AS bot_id,
    m.user_messages AS user_messages,
    m.bot_messages AS bot_messages,
    m.agent_messages AS agent_messages,
    s.intent AS intent,
    s.intent_path AS intent_path,
    s.buy_score AS buy_score,
    s.buy_score_peak AS buy_score_peak,
    s.score_percentile AS score_percentile,
    s.p_order AS p_order,
    s.p_net AS p_net,
    s.model_id AS model_id,
    s.intent_level AS intent_level,
    s.high_intent_at AS high_intent_at,
    o.order_id AS order_id,
    if(o.orders > 0, o.ordered_at, NULL) AS ordered_at,
    o.orders AS orders,
    o.order_amount AS order_amount,
    o.net_amount AS net_amount,
    o.other_currency_orders AS other_currency_orders,
    o.orders > 0 AS is_ordered,
    o.last_kept_at IS NOT NULL AS is_kept,
    c.is_carted AS is_carted,
    d.handed_off AS handed_off,
    ifNull(o.orders > 0 AND s.high_intent_at <= o.last_ordered_at, 0) AS is_ordered_after_high,
    ifNull(s.high_intent_at <= o.last_kept_at, 0) AS is_kept_after_high,
    x.experiment AS experiment,
    x.variant AS variant,
    s.bargains AS bargains,
    k.claims AS claims,
    k.unmet AS unmet,
    h.paid AS paid,
    h.lost AS lost,
    arrayFilter(f -> f.2 > 0 AND o.last_kept_at IS NULL AND s.buy_score IS NOT NULL, [
        ('claim_without_order', 1 - pow(0.4, k.unmet)),
        ('repeated_claims', if(k.unmet > 0, 1 - pow(0.8, k.unmet_elsewhere), 0.)),
        ('lost_orders', 0.5 * h.lost / (h.paid + 1)),
        ('bargain_without_cart', if(s.bargains >= 2 AND c.is_carted = 0 AND o.orders = 0, 1 - pow(0.85, s.bargains), 0.))]) AS fakes,
    round(1 - arrayProduct(arrayPushBack(arrayMap(f -> 1 - f.2, fakes), 1.)), 3) AS fake_intent_score,
    arrayMap(f -> f.1, fakes) AS fake_intent_reasons
FROM
(
    SELECT
        shop_id,
        conv_id,
        user_id,
        argMin(e.channel, (e.ts, e.event_id)) AS channel,
        min(e.ts) AS started_at,
        max(e.ts) AS last_message_at,
        maxIfOrNull(e.ts, e.from_role = 'user') AS last_user_message_at,
        argMinIf(e.bot_id, (e.ts, e.event_id), e.bot_id != '') AS bot_id,
        countIf(e.from_role = 'user') AS user_messages,
        countIf(e.from_role = 'bot') AS bot_messages,
        countIf(e.from_role = 'agent') AS agent_messages
    FROM askbuy.messages AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, conv_id, user_id
) AS m
LEFT JOIN askbuy.conversation_scores AS s USING (shop_id, user_id, conv_id)
LEFT JOIN askbuy.conversation_orders AS o USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT shop_id, user_id, conv_id, 1 AS is_carted FROM askbuy.carted) AS c USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT DISTINCT shop_id, user_id, conv_id, 1 AS handed_off FROM askbuy.handoffs FINAL WHERE is_test = 0 AND step != 'shown') AS d USING (shop_id, user_id, conv_id)
LEFT JOIN askbuy.conversation_experiments AS x USING (shop_id, user_id, conv_id)
LEFT JOIN askbuy.conversation_claims AS k USING (shop_id, user_id, conv_id)
LEFT JOIN askbuy.lost_orders AS h USING (shop_id, user_id)
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id);

-- Touches once for every model and window on offer. CROSS JOINs and not ARRAY JOINs, which would keep a filter
-- on a shop, a model or a window from reaching the table.
CREATE OR REPLACE VIEW askbuy.touches_by_model ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT t.shop_id AS shop_id, t.order_id AS order_id, t.user_id AS user_id, t.order_at AS order_at, t.touches AS touches, m.model AS model, w.window_hours AS window_hours
FROM (SELECT shop_id, order_id, user_id, order_at, touches FROM askbuy.touches FINAL) AS t
CROSS JOIN (SELECT arrayJoin(['last_touch', 'first_touch', 'linear', 'position', 'time_decay']) AS model) AS m
CROSS JOIN (SELECT toUInt32(arrayJoin([1, 24, 72, 168, 720])) AS window_hours) AS w;

-- How far a log (topic, partition, epoch) reaches, as of its newest cut. Below `below` every offset needs a
-- receipt; from there up to `upto` a record is on its way. Of a log that was replaced by a newer epoch nothing
-- is on its way any more.
CREATE OR REPLACE VIEW askbuy.log_ends ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    topic,
    partition,
    epoch,
    noted_at,
    greatest(end_offset, committed_offset) AS upto,
    if(epoch = max(epoch) OVER (PARTITION BY topic, partition), greatest(committed_offset, 0), upto) AS below
FROM askbuy.offset_cuts FINAL;

-- Offsets without a receipt, by log. The expressions by block are those of the projection offsets of receipts, or
-- every receipt is read.
CREATE OR REPLACE VIEW askbuy.ledger_gaps ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    e.topic AS topic,
    e.noted_at AS noted_at,
    e.below - r.explained AS unexplained,
    e.upto - e.below - (r.seen - r.explained) AS in_flight
FROM askbuy.log_ends AS e
LEFT JOIN
(
    SELECT topic, partition, epoch, toInt64(sum(multiIf(n.below >= (l.block + 1) * 65536, bitmapCardinality(l.told), n.below <= l.block * 65536, 0, bitmapCardinality(bitmapSubsetInRange(l.told, toUInt64(0), toUInt64(n.below)))))) AS explained, toInt64(sum(multiIf(n.upto >= (l.block + 1) * 65536, bitmapCardinality(l.told), n.upto <= l.block * 65536, 0, bitmapCardinality(bitmapSubsetInRange(l.told, toUInt64(0), toUInt64(n.upto)))))) AS seen
    FROM
    (
        SELECT topic, raw_partition AS partition, bitShiftRight(raw_position, 40) AS epoch, intDiv(bitAnd(raw_position, 0xFFFFFFFFFF), 65536) AS block,
            groupBitmapState(toUInt64(bitAnd(raw_position, 0xFFFFFFFFFF))) AS told
        FROM askbuy.receipts
        GROUP BY topic, partition, epoch, block
    ) AS l
    INNER JOIN askbuy.log_ends AS n USING (topic, partition, epoch)
    GROUP BY topic, partition, epoch
) AS r USING (topic, partition, epoch);

-- What scores are judged by: every user message before its conversation's first attributed order, with what came
-- of it. A conversation weighs 1, whatever it says; it counts once its last user message is 72 h old.
CREATE OR REPLACE VIEW askbuy.score_units ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    u.shop_id AS shop_id,
    u.user_id AS user_id,
    u.conv_id AS conv_id,
    u.unit.2 AS event_id,
    u.unit.1 AS ts,
    toDate(greatest('1970-01-01', formatDateTime(greatest(u.unit.1, toDateTime64(0, 3, 'UTC')), '%F', ifNull(multiIf(z.time_zone != '', z.time_zone, (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = ''), 'Asia/Shanghai'), 'Asia/Shanghai')))) AS day,
    u.unit.3 AS model_id,
    u.unit.4 AS buy_score,
    u.unit.5 AS p_order,
    toUInt8(least(u.number, 5)) AS prefix,
    1 / u.units AS weight,
    toUInt8(arrayExists(at -> at > ts AND at <= ts + toIntervalHour(72), u.kept_at)) AS y
FROM
(
    SELECT shop_id, user_id, conv_id, order_id, kept_at, length(before) AS units, unit, number
    FROM
    (
        SELECT
            s.shop_id AS shop_id,
            s.user_id AS user_id,
            s.conv_id AS conv_id,
            o.order_id AS order_id,
            o.kept_at AS kept_at,
            arrayFilter(m -> o.orders = 0 OR m.1 < o.ordered_at, s.scored) AS before
        FROM
        (
            SELECT
                shop_id,
                user_id,
                conv_id,
                arraySort(groupArray((m.ts, m.event_id, toString(m.model_id), m.buy_score, m.p_order))) AS scored
            FROM askbuy.message_scores AS m FINAL
            GROUP BY shop_id, user_id, conv_id
            HAVING max(m.ts) <= now64(3, 'UTC') - toIntervalHour(72)
        ) AS s
        LEFT JOIN askbuy.conversation_orders AS o USING (shop_id, user_id, conv_id)
    )
    ARRAY JOIN before AS unit, arrayEnumerate(before) AS number
) AS u
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id);

-- The units of every experiment as refreshed last: the generation that is whole and the newest.
CREATE OR REPLACE VIEW askbuy.experiment_current ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT experiment, shop_id, user_id, variant, first_exposure_at, exposures, mismatched, is_contaminated, bucket, currency, conversations,
    open_conversations, ordered, carted, handed_off, is_high, conversation_revenue, revenue, orders, joined_orders, matured_orders, refunded_orders,
    replies, slow_replies, messages, late_messages, repeated_messages, conflicting_messages, earlier_revenue, earlier_conversations
FROM askbuy.experiment_units
WHERE (experiment, generation) IN (SELECT r.experiment, max(r.generation) FROM askbuy.experiment_refreshes AS r GROUP BY r.experiment);

-- What the report and the live view read: units summed up.
CREATE OR REPLACE VIEW askbuy.experiment_moments ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    experiment,
    variant,
    toString(row.1) AS metric,
    units AS n,
    row.2 AS converted,
    row.3.1 AS mean_num,
    row.3.2 AS mean_den,
    row.3.3 AS mean_pre,
    row.3.4 AS var_num,
    row.3.5 AS var_den,
    row.3.6 AS var_pre,
    row.3.7 AS cov,
    row.3.8 AS cov_pre,
    row.4.1 AS raw_mean_num,
    row.4.4 AS raw_var_num,
    row.4.7 AS raw_cov,
    row.4.8 AS raw_cov_pre,
    row.5 AS cap,
    row.6 AS young,
    currencies
FROM
(
    SELECT
        experiment,
        variant,
        count() AS units,
        groupUniqArrayIf(u.currency, u.currency != '') AS currencies,
        ifNotFinite(sum(u.open_conversations) / sum(u.conversations), 0) AS open,
        ifNotFinite(1 - sum(u.matured_orders) / sum(u.orders), 0) AS fresh,
        [
            ('conversation_to_order', countIf(u.ordered > 0), (avg(toFloat64(u.ordered)), avg(toFloat64(u.conversations)), avg(toFloat64(0)), varSampStable(toFloat64(u.ordered)), varSampStable(toFloat64(u.conversations)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(u.ordered), toFloat64(u.conversations)), covarSampStable(toFloat64(u.ordered), toFloat64(0))), (toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0)), inf, open),
            ('add_to_cart', countIf(u.carted > 0), (avg(toFloat64(u.carted)), avg(toFloat64(u.conversations)), avg(toFloat64(0)), varSampStable(toFloat64(u.carted)), varSampStable(toFloat64(u.conversations)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(u.carted), toFloat64(u.conversations)), covarSampStable(toFloat64(u.carted), toFloat64(0))), (toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0)), inf, open),
            ('revenue_per_conversation', countIf(u.conversation_revenue > 0), (avg(toFloat64(if(u.conversation_revenue > c.per_conversation, c.per_conversation, u.conversation_revenue))), avg(toFloat64(u.conversations)), avg(toFloat64(0)), varSampStable(toFloat64(if(u.conversation_revenue > c.per_conversation, c.per_conversation, u.conversation_revenue))), varSampStable(toFloat64(u.conversations)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(if(u.conversation_revenue > c.per_conversation, c.per_conversation, u.conversation_revenue)), toFloat64(u.conversations)), covarSampStable(toFloat64(if(u.conversation_revenue > c.per_conversation, c.per_conversation, u.conversation_revenue)), toFloat64(0))), (avg(toFloat64(u.conversation_revenue)), avg(toFloat64(u.conversations)), avg(toFloat64(0)), varSampStable(toFloat64(u.conversation_revenue)), varSampStable(toFloat64(u.conversations)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(u.conversation_revenue), toFloat64(u.conversations)), covarSampStable(toFloat64(u.conversation_revenue), toFloat64(0))), any(c.per_conversation), open),
            ('revenue_per_user', countIf(u.revenue > 0), (avg(toFloat64(if(u.revenue > c.per_user, c.per_user, u.revenue))), avg(toFloat64(1)), avg(toFloat64(u.earlier_revenue)), varSampStable(toFloat64(if(u.revenue > c.per_user, c.per_user, u.revenue))), varSampStable(toFloat64(1)), varSampStable(toFloat64(u.earlier_revenue)), covarSampStable(toFloat64(if(u.revenue > c.per_user, c.per_user, u.revenue)), toFloat64(1)), covarSampStable(toFloat64(if(u.revenue > c.per_user, c.per_user, u.revenue)), toFloat64(u.earlier_revenue))), (avg(toFloat64(u.revenue)), avg(toFloat64(1)), avg(toFloat64(u.earlier_revenue)), varSampStable(toFloat64(u.revenue)), varSampStable(toFloat64(1)), varSampStable(toFloat64(u.earlier_revenue)), covarSampStable(toFloat64(u.revenue), toFloat64(1)), covarSampStable(toFloat64(u.revenue), toFloat64(u.earlier_revenue))), any(c.per_user), open),
            ('refund_rate', countIf(u.refunded_orders > 0), (avg(toFloat64(u.refunded_orders)), avg(toFloat64(u.matured_orders)), avg(toFloat64(0)), varSampStable(toFloat64(u.refunded_orders)), varSampStable(toFloat64(u.matured_orders)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(u.refunded_orders), toFloat64(u.matured_orders)), covarSampStable(toFloat64(u.refunded_orders), toFloat64(0))), (toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0)), inf, fresh),
            ('slow_reply_rate', countIf(u.slow_replies > 0), (avg(toFloat64(u.slow_replies)), avg(toFloat64(u.replies)), avg(toFloat64(0)), varSampStable(toFloat64(u.slow_replies)), varSampStable(toFloat64(u.replies)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(u.slow_replies), toFloat64(u.replies)), covarSampStable(toFloat64(u.slow_replies), toFloat64(0))), (toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0)), inf, toFloat64(0)),
            ('handoff_rate', countIf(u.handed_off > 0), (avg(toFloat64(u.handed_off)), avg(toFloat64(u.conversations)), avg(toFloat64(0)), varSampStable(toFloat64(u.handed_off)), varSampStable(toFloat64(u.conversations)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(u.handed_off), toFloat64(u.conversations)), covarSampStable(toFloat64(u.handed_off), toFloat64(0))), (toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0)), inf, toFloat64(0)),
            ('conversations_per_user', countIf(u.conversations > 0), (avg(toFloat64(u.conversations)), avg(toFloat64(1)), avg(toFloat64(u.earlier_conversations)), varSampStable(toFloat64(u.conversations)), varSampStable(toFloat64(1)), varSampStable(toFloat64(u.earlier_conversations)), covarSampStable(toFloat64(u.conversations), toFloat64(1)), covarSampStable(toFloat64(u.conversations), toFloat64(u.earlier_conversations))), (toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0)), inf, toFloat64(0)),
            ('late_messages', countIf(u.late_messages > 0), (avg(toFloat64(u.late_messages)), avg(toFloat64(u.messages)), avg(toFloat64(0)), varSampStable(toFloat64(u.late_messages)), varSampStable(toFloat64(u.messages)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(u.late_messages), toFloat64(u.messages)), covarSampStable(toFloat64(u.late_messages), toFloat64(0))), (toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0)), inf, toFloat64(0)),
            ('repeated_messages', countIf(u.repeated_messages > 0), (avg(toFloat64(u.repeated_messages)), avg(toFloat64(u.messages)), avg(toFloat64(0)), varSampStable(toFloat64(u.repeated_messages)), varSampStable(toFloat64(u.messages)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(u.repeated_messages), toFloat64(u.messages)), covarSampStable(toFloat64(u.repeated_messages), toFloat64(0))), (toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0)), inf, toFloat64(0)),
            ('conflicting_messages', countIf(u.conflicting_messages > 0), (avg(toFloat64(u.conflicting_messages)), avg(toFloat64(u.messages)), avg(toFloat64(0)), varSampStable(toFloat64(u.conflicting_messages)), varSampStable(toFloat64(u.messages)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(u.conflicting_messages), toFloat64(u.messages)), covarSampStable(toFloat64(u.conflicting_messages), toFloat64(0))), (toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0)), inf, toFloat64(0)),
            ('joined_orders', countIf(u.joined_orders > 0), (avg(toFloat64(u.joined_orders)), avg(toFloat64(u.orders)), avg(toFloat64(0)), varSampStable(toFloat64(u.joined_orders)), varSampStable(toFloat64(u.orders)), varSampStable(toFloat64(0)), covarSampStable(toFloat64(u.joined_orders), toFloat64(u.orders)), covarSampStable(toFloat64(u.joined_orders), toFloat64(0))), (toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0), toFloat64(0)), inf, toFloat64(0))
        ] AS rows
    FROM (SELECT * FROM askbuy.experiment_current WHERE is_contaminated = 0 ) AS u
    LEFT JOIN
    (
        -- One cap for all arms: the order statistic ceil(q m) of the m values that are not 0.
        SELECT experiment, if(empty(a), inf, a[toUInt64(greatest(1, ceil(q_a * length(a))))]) AS per_conversation, if(empty(b), inf, b[toUInt64(greatest(1, ceil(q_b * length(b))))]) AS per_user
        FROM
        (
            SELECT experiment, arraySort(groupArrayIf(conversation_revenue, conversation_revenue != 0)) AS a, arraySort(groupArrayIf(revenue, revenue != 0)) AS b
            FROM askbuy.experiment_current WHERE is_contaminated = 0  GROUP BY experiment
        ) AS v
        INNER JOIN
        (
            SELECT experiment, arrayFirst(m -> m.metric = 'revenue_per_conversation', metrics).cap AS q_a, arrayFirst(m -> m.metric = 'revenue_per_user', metrics).cap AS q_b
            FROM askbuy.experiments FINAL
        ) AS q USING (experiment)
    ) AS c USING (experiment)
    GROUP BY experiment, variant
)
ARRAY JOIN rows AS row;

-- How many units each variant has.
CREATE OR REPLACE VIEW askbuy.experiment_arms ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT experiment, variant, count() AS units, sum(is_contaminated) AS contaminated, sumIf(exposures, bucket IS NOT NULL) AS replayed, sum(mismatched) AS mismatched
FROM askbuy.experiment_current
WHERE 1 
GROUP BY experiment, variant;

-- Conversations in which the bot replied, and what came of them. A further message of the shopper within 30 minutes
-- of the first reply says that it was not enough, unless the shopper's own word says otherwise.
CREATE OR REPLACE VIEW askbuy.answered_conversations ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    r.shop_id AS shop_id,
    r.conv_id AS conv_id,
    r.user_id AS user_id,
    m.channel AS channel,
    toDate(greatest('1970-01-01', formatDateTime(greatest(m.started_at, toDateTime64(0, 3, 'UTC')), '%F', ifNull(multiIf(z.time_zone != '', z.time_zone, (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = ''), 'Asia/Shanghai'), 'Asia/Shanghai')))) AS cohort_date,
    r.replies AS replies,
    r.first_latency_ms AS first_latency_ms,
    r.cost AS cost,
    r.currencies AS currencies,
    h.called AS handed_off,
    m.agent_messages AS agent_messages,
    h.called = 0 AND m.agent_messages = 0 AS is_deflected,
    r.is_first_answered AND h.called = 0 AND ifNull(f.resolved, NOT arrayExists(t -> t > r.first_at AND t <= r.first_at + toIntervalMinute(30), m.asked)) AS is_first_round_resolved,
    f.ratings AS ratings,
    f.rating_sum AS rating_sum,
    multiIf(
        h.called = 1, concat('handoff_', h.reason),
        m.agent_messages > 0, 'agent',
        f.resolved = 0, 'feedback',
        r.last_route = 'clarify', 'asked_back',
        r.is_last_answered = 0, 'no_answer',
        '') AS unresolved
FROM
(
    SELECT
        shop_id,
        conv_id,
        user_id,
        count() AS replies,
        min(e.ts) AS first_at,
        argMin(e.latency_ms, (e.ts, e.event_id)) AS first_latency_ms,
        argMin(e.is_answered, (e.ts, e.event_id)) AS is_first_answered,
        argMax(e.is_answered, (e.ts, e.event_id)) AS is_last_answered,
        argMax(e.route, (e.ts, e.event_id)) AS last_route,
        sum(e.cost) AS cost,
        arraySort(groupUniqArrayIf(e.cost_currency, e.cost > 0)) AS currencies
    FROM askbuy.replies AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, conv_id, user_id
) AS r
JOIN
(
    SELECT
        shop_id,
        conv_id,
        user_id,
        argMin(e.channel, (e.ts, e.event_id)) AS channel,
        min(e.ts) AS started_at,
        groupArrayIf(e.ts, e.from_role = 'user') AS asked,
        countIf(e.from_role = 'agent') AS agent_messages
    FROM askbuy.messages AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, conv_id, user_id
) AS m USING (shop_id, user_id, conv_id)
LEFT JOIN
(
    SELECT shop_id, conv_id, user_id, 1 AS called, argMinIf(e.reason, (e.ts, e.event_id), e.reason != '') AS reason
    FROM askbuy.handoffs AS e FINAL
    WHERE e.is_test = 0 AND e.step != 'shown'
    GROUP BY shop_id, conv_id, user_id
) AS h USING (shop_id, user_id, conv_id)
LEFT JOIN
(
    SELECT
        shop_id,
        conv_id,
        user_id,
        count(e.rating) AS ratings,
        toUInt64(ifNull(sum(e.rating), 0)) AS rating_sum,
        argMaxIf(e.resolved, (e.ts, e.event_id), e.resolved IS NOT NULL) AS resolved
    FROM askbuy.feedback AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, conv_id, user_id
) AS f USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id);

CREATE OR REPLACE VIEW bi.conversations ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    conv_id String COMMENT 'conversation as the sender named it; two users under one conv_id are two conversations',
    user_id String COMMENT 'shopper as sent',
    channel String COMMENT 'channel of the earliest message; empty when it has none',
    cohort_date Date COMMENT 'day of the earliest message in the time zone of the shop; before 1970 it shows as 1970-01-01',
    started_at DateTime64(3, 'UTC') COMMENT 'event time of the earliest message',
    last_message_at DateTime64(3, 'UTC') COMMENT 'event time of the latest message, of whomever',
    last_user_message_at Nullable(DateTime64(3, 'UTC')) COMMENT 'event time of the latest message of the shopper; NULL when there is none',
    bot_id String COMMENT 'bot of the earliest message that has one; empty when none has',
    user_messages UInt64 COMMENT 'messages of the shopper',
    bot_messages UInt64 COMMENT 'messages of bots',
    agent_messages UInt64 COMMENT 'messages of human agents',
    intent String COMMENT 'topic of the user message with the greatest evidence; empty without scored messages',
    intent_path Array(String) COMMENT 'the same topic from the most general to the most special',
    buy_score Nullable(Float64) COMMENT 'latest score, 0 to 1; NULL without scored messages',
    buy_score_peak Nullable(Float64) COMMENT 'greatest score',
    score_percentile Nullable(Float64) COMMENT 'share of the scored conversations of the shop with a lower latest score, 0 to 1',
    p_order Nullable(Float64) COMMENT 'calibrated probability of an order, latest',
    p_net Nullable(Float64) COMMENT 'calibrated probability of an order that is neither cancelled nor refunded, latest',
    model_id String COMMENT 'model of the latest score',
    intent_level String COMMENT 'high or low by the latest score (high from 0.7); empty without scored messages',
    high_intent_at Nullable(DateTime64(3, 'UTC')) COMMENT 'event time of the first message with a score of 0.7 or more',
    order_id String COMMENT 'first attributed order by order time; empty when there is none',
    ordered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'order time (payment) of that order',
    orders UInt64 COMMENT 'attributed paid orders (last touch, 72 h)',
    order_amount Decimal(18, 2) COMMENT 'their amounts, cancelled ones too, in the reporting currency',
    net_amount Decimal(18, 2) COMMENT 'their net amounts (less refunds, 0 when cancelled) in the reporting currency',
    other_currency_orders UInt64 COMMENT 'attributed orders in another currency, in no amount',
    is_ordered UInt8 COMMENT '1: some attributed order',
    is_kept UInt8 COMMENT '1: some attributed order with a net amount above 0',
    is_carted UInt8 COMMENT '1: last touch within 72 h of an add_to_cart',
    handed_off UInt8 COMMENT '1: a record of a handoff to a human exists',
    experiment String COMMENT 'the one experiment that exposed the conversation; empty when none or several did',
    variant String COMMENT 'variant of the first exposure to it',
    fake_intent_score Float64 COMMENT 'how much speaks for intent that is only words, 0 to 1: 1 - (1 - w1)(1 - w2)... over its reasons; 0 with an order that is kept',
    fake_intent_reasons Array(String) COMMENT 'claim_without_order (weight 1 - 0.4^n: n messages say something is bought, and no order of the shopper was paid from 30 days before to 72 h after), repeated_claims (1 - 0.8^n: n of them in other conversations of the shopper), lost_orders (0.5 * lost / (paid + 1): orders of the shopper that were cancelled or wholly refunded), bargain_without_cart (1 - 0.85^n: n messages, 2 or more, bargain, and nothing was put into the cart or ordered)'
) SQL SECURITY INVOKER AS
SELECT
    shop_id, conv_id, user_id, channel, cohort_date, started_at, last_message_at, last_user_message_at, bot_id,
    user_messages, bot_messages, agent_messages, intent, intent_path, buy_score, buy_score_peak, score_percentile,
    p_order, p_net, model_id, intent_level, high_intent_at, order_id, ordered_at, orders, order_amount, net_amount,
    other_currency_orders, is_ordered, is_kept, is_carted, handed_off, experiment, variant, fake_intent_score, fake_intent_reasons
FROM askbuy.conversation_rows
COMMENT 'Grain: one conversation (shop_id, conv_id, user_id). Test traffic is left out.';

CREATE OR REPLACE VIEW bi.messages ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    conv_id String COMMENT 'conversation',
    event_id String COMMENT 'id of the message, unique for its shopper',
    user_id String COMMENT 'shopper, on messages of bots and agents too',
    bot_id String COMMENT 'bot; empty when not told',
    from_role String COMMENT 'user, bot or agent',
    text String COMMENT 'text with personal data masked',
    ts DateTime64(3, 'UTC') COMMENT 'event time',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival',
    act String COMMENT 'likeliest act of the message, whatever topic a rule gives it; empty without a score',
    intent String COMMENT 'topic; empty without a score',
    evidence Nullable(Float64) COMMENT 'log-odds that this message speaks for an order',
    buy_score Nullable(Float64) COMMENT 'score of the conversation after this message, 0 to 1; only messages of shoppers have one',
    p_order Nullable(Float64) COMMENT 'calibrated probability of an order after this message',
    p_net Nullable(Float64) COMMENT 'calibrated probability of an order that is neither cancelled nor refunded',
    terms Map(String, Float64) COMMENT 'what the score is the sum of, in log-odds: message, earlier (messages) and signals by name; empty without a score',
    model_id String COMMENT 'model that scored it; empty without a score',
    channel String COMMENT 'channel; empty when not told',
    is_test UInt8 COMMENT '1: test traffic, in no figure'
) SQL SECURITY INVOKER AS
SELECT
    m.shop_id AS shop_id,
    m.conv_id AS conv_id,
    m.event_id AS event_id,
    m.user_id AS user_id,
    m.bot_id AS bot_id,
    m.from_role AS from_role,
    m.text AS text,
    m.ts AS ts,
    m.received_at AS received_at,
    s.act AS act,
    s.intent AS intent,
    s.evidence AS evidence,
    s.buy_score AS buy_score,
    s.p_order AS p_order,
    s.p_net AS p_net,
    CAST(s.terms, 'Map(String, Float64)') AS terms,
    s.model_id AS model_id,
    m.channel AS channel,
    m.is_test AS is_test
FROM (SELECT shop_id, conv_id, event_id, user_id, bot_id, from_role, text, ts, received_at, channel, is_test FROM askbuy.messages FINAL) AS m
LEFT JOIN
(
    SELECT shop_id, user_id, event_id, toString(act) AS act, intent, toNullable(evidence) AS evidence, toNullable(buy_score) AS buy_score, toNullable(p_order) AS p_order, toNullable(p_net) AS p_net, terms, model_id
    FROM askbuy.message_scores FINAL
) AS s USING (shop_id, user_id, event_id)
COMMENT 'Grain: one message (shop_id, user_id, event_id), test traffic included.';

CREATE OR REPLACE VIEW bi.conversation_documents ON CLUSTER '{cluster}' (
    _id String COMMENT 'conv_id',
    shopId String COMMENT 'shop',
    userId String COMMENT 'shopper',
    msgs Array(Tuple(`from` String, text String, ts DateTime64(3, 'UTC'))) COMMENT 'all messages in the order of (ts, event_id)',
    intent String COMMENT 'topic of the conversation',
    buyScore Nullable(Float64) COMMENT 'latest score, 0 to 1',
    orderId String COMMENT 'first attributed order; empty when there is none',
    createTime DateTime64(3, 'UTC') COMMENT 'event time of the earliest message'
) SQL SECURITY INVOKER AS
SELECT
    c.conv_id AS _id,
    c.shop_id AS shopId,
    c.user_id AS userId,
    d.msgs AS msgs,
    c.intent AS intent,
    c.buy_score AS buyScore,
    c.order_id AS orderId,
    c.started_at AS createTime
FROM askbuy.conversation_rows AS c
INNER JOIN
(
    SELECT shop_id, user_id, conv_id,
        arrayMap(m -> (m.3, m.4, m.1), arraySort(groupArray((e.ts, e.event_id, toString(e.from_role), e.text)))) AS msgs
    FROM askbuy.messages AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, user_id, conv_id
) AS d USING (shop_id, user_id, conv_id)
COMMENT 'Grain: one conversation (shopId, _id, userId) as one document. Test traffic is left out.';

CREATE OR REPLACE VIEW bi.orders ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    order_id String COMMENT 'order',
    user_id String COMMENT 'shopper: user of the first paid event that has one, else of the first event that has one; empty when none has',
    status String COMMENT 'highest of created < paid < refunded < cancelled',
    amount Decimal(18, 2) COMMENT 'as told last',
    refunded_amount Decimal(18, 2) COMMENT 'greatest cumulative value or sum over refund ids, whichever is more',
    net_amount Decimal(18, 2) COMMENT 'amount less refunds, never below 0; 0 when cancelled or never paid',
    currency String COMMENT 'as told last; empty when never told',
    created_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first created event',
    paid_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first paid event: the order time; NULL when never paid',
    cancelled_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first cancelled event',
    refunded_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first refunded event',
    coupon String COMMENT 'as told last; empty when never told',
    conv_id String COMMENT 'attributed conversation (last touch, 72 h); empty when none',
    named_conv_id String COMMENT 'conversation that the order itself names; empty when none',
    explicit_unmatched UInt8 COMMENT '1: paid, and the named conversation is no candidate',
    touches UInt64 COMMENT 'rows in bi.touches'
) SQL SECURITY INVOKER AS
SELECT
    o.shop_id AS shop_id,
    o.order_id AS order_id,
    o.user_id AS user_id,
    o.status AS status,
    o.amount AS amount,
    o.refunded_amount AS refunded_amount,
    o.net_amount AS net_amount,
    o.currency AS currency,
    o.created_at AS created_at,
    o.paid_at AS paid_at,
    o.cancelled_at AS cancelled_at,
    o.refunded_at AS refunded_at,
    o.coupon AS coupon,
    t.conv_id AS conv_id,
    o.named_conv_id AS named_conv_id,
    o.named_conv_id != '' AND o.paid_at IS NOT NULL AND t.is_explicit = 0 AS explicit_unmatched,
    t.candidates AS touches
FROM askbuy.order_fold AS o
LEFT JOIN askbuy.order_touches AS t USING (shop_id, order_id, user_id)
COMMENT 'Grain: one order (shop_id, order_id), folded over all its events. Test events are left out.';

CREATE OR REPLACE VIEW bi.order_items ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    order_id String COMMENT 'order',
    item_id String COMMENT 'item',
    category String COMMENT 'category; empty when not told',
    quantity Int64 COMMENT 'pieces',
    amount Decimal(18, 2) COMMENT 'of the whole line, in the currency of the order'
) SQL SECURITY INVOKER AS
SELECT shop_id, order_id, item.item_id AS item_id, item.category AS category, item.quantity AS quantity, item.amount AS amount
FROM
(
    SELECT shop_id, order_id, argMaxIf(e.items, (e.ts, e.event_id), e.has_items = 1) AS latest
    FROM askbuy.order_events AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, order_id
)
ARRAY JOIN latest AS item
COMMENT 'Grain: one line of an order, of the latest event that gives items.';

CREATE OR REPLACE VIEW bi.touches ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    order_id String COMMENT 'paid order',
    conv_id String COMMENT 'conversation in which its shopper wrote at most 30 days before',
    user_id String COMMENT 'shopper',
    touch_at DateTime64(3, 'UTC') COMMENT 'latest message of the shopper there at or before the order time',
    order_at DateTime64(3, 'UTC') COMMENT 'order time (payment)',
    gap_seconds Float64 COMMENT 'order_at - touch_at',
    rank_last UInt32 COMMENT '1: the named conversation, else the latest touch',
    rank_first UInt32 COMMENT '1: the earliest touch',
    touches UInt64 COMMENT 'touches of this order',
    evidence String COMMENT 'explicit when the order names this conversation, else time',
    buy_score_at_touch Nullable(Float64) COMMENT 'score of the conversation at touch_at'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    order_id,
    touch.conv_id AS conv_id,
    user_id,
    touch.touch_at AS touch_at,
    order_at,
    toFloat64(order_at - touch.touch_at) AS gap_seconds,
    touch.rank_last AS rank_last,
    touch.rank_first AS rank_first,
    candidates AS touches,
    if(touch.explicit = 1, 'explicit', 'time') AS evidence,
    touch.buy_score AS buy_score_at_touch
FROM (SELECT shop_id, order_id, user_id, order_at, t.touches AS opened, length(t.touches) AS candidates FROM askbuy.touches AS t FINAL)
ARRAY JOIN opened AS touch
COMMENT 'Grain: one candidate touch (shop_id, order_id, conv_id, user_id): every conversation that may have led to a paid order.';

CREATE OR REPLACE VIEW bi.attribution ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT t.shop_id AS shop_id, t.order_id AS order_id, t.conv_id AS conv_id, t.user_id AS user_id, t.credit AS credit,
    o.amount AS order_amount, o.net_amount AS net_amount
FROM
(
    SELECT shop_id, order_id, user_id, model, window_hours, share.1 AS conv_id, share.2 AS credit
    FROM
    (
        SELECT shop_id, order_id, user_id, model, window_hours,
            arrayMap(
                (t, w, i) -> (t.conv_id, toFloat64(multiIf(
                    model = 'last_touch', t.rank_last = best,
                    model = 'first_touch', i = 1,
                    model = 'linear', 1 / n,
                    model = 'position', multiIf(n = 1, 1, n = 2, 0.5, i IN (1, n), 0.4, 0.2 / (n - 2)),
                    model = 'time_decay', w / total,
                    0))),
                kept, weights, arrayEnumerate(kept)) AS shares
        FROM
        (
            SELECT shop_id, order_id, user_id, model, window_hours, kept, weights,
                length(kept) AS n,
                arrayMin(kept.rank_last) AS best,
                arraySum(weights) AS total
            FROM
            (
                SELECT shop_id, order_id, user_id, model, window_hours,
                    arraySort(t -> t.rank_first, arrayFilter(t -> t.explicit = 1 OR order_at - t.touch_at <= toInt64(window_hours) * 3600, touches)) AS kept,
                    arrayMap(t -> exp2(-toFloat64(order_at - t.touch_at) / (7 * 86400)), kept) AS weights
                FROM (SELECT shop_id, order_id, user_id, order_at, touches, {model:String} AS model, {window_hours:UInt32} AS window_hours FROM askbuy.touches FINAL)
            )
        )
    )
    ARRAY JOIN shares AS share
    WHERE share.2 > 0
) AS t
INNER JOIN askbuy.paid_orders AS o USING (shop_id, order_id, user_id)
COMMENT 'Grain: one conversation with credit for one paid order. Call it as bi.attribution(model = ''linear'', window_hours = 168); models: last_touch, first_touch, linear, position, time_decay. Columns: shop_id; order_id; conv_id; user_id; credit, above 0, summing to 1 over an order; order_amount and net_amount of the whole order (multiply by credit). bi.attribution_models has the same as ordinary columns.';

CREATE OR REPLACE VIEW bi.attribution_models ON CLUSTER '{cluster}' (
    model String COMMENT 'last_touch, first_touch, linear, position or time_decay: choose one',
    window_hours UInt32 COMMENT '1, 24, 72, 168 or 720: choose one',
    shop_id String COMMENT 'shop',
    order_id String COMMENT 'paid order',
    conv_id String COMMENT 'conversation with credit for it',
    user_id String COMMENT 'shopper',
    credit Float64 COMMENT 'above 0; sums to 1 over an order, a model and a window',
    order_amount Decimal(18, 2) COMMENT 'of the whole order: multiply by credit',
    net_amount Decimal(18, 2) COMMENT 'of the whole order: multiply by credit'
) SQL SECURITY INVOKER AS
SELECT t.model AS model, t.window_hours AS window_hours, t.shop_id AS shop_id, t.order_id AS order_id, t.conv_id AS conv_id,
    t.user_id AS user_id, t.credit AS credit, o.amount AS order_amount, o.net_amount AS net_amount
FROM
(
    SELECT shop_id, order_id, user_id, model, window_hours, share.1 AS conv_id, share.2 AS credit
    FROM
    (
        SELECT shop_id, order_id, user_id, model, window_hours,
            arrayMap(
                (t, w, i) -> (t.conv_id, toFloat64(multiIf(
                    model = 'last_touch', t.rank_last = best,
                    model = 'first_touch', i = 1,
                    model = 'linear', 1 / n,
                    model = 'position', multiIf(n = 1, 1, n = 2, 0.5, i IN (1, n), 0.4, 0.2 / (n - 2)),
                    model = 'time_decay', w / total,
                    0))),
                kept, weights, arrayEnumerate(kept)) AS shares
        FROM
        (
            SELECT shop_id, order_id, user_id, model, window_hours, kept, weights,
                length(kept) AS n,
                arrayMin(kept.rank_last) AS best,
                arraySum(weights) AS total
            FROM
            (
                SELECT shop_id, order_id, user_id, model, window_hours,
                    arraySort(t -> t.rank_first, arrayFilter(t -> t.explicit = 1 OR order_at - t.touch_at <= toInt64(window_hours) * 3600, touches)) AS kept,
                    arrayMap(t -> exp2(-toFloat64(order_at - t.touch_at) / (7 * 86400)), kept) AS weights
                FROM askbuy.touches_by_model
            )
        )
    )
    ARRAY JOIN shares AS share
    WHERE share.2 > 0
) AS t
INNER JOIN askbuy.paid_orders AS o USING (shop_id, order_id, user_id)
COMMENT 'Grain: one conversation with credit for one paid order, by model and window: filter both. The same as bi.attribution, for tools that cannot pass parameters.';

CREATE OR REPLACE VIEW bi.funnel_daily ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    day Date COMMENT 'day of the earliest message of the conversation, in the time zone of the shop',
    channel String COMMENT 'channel of the conversation',
    intent String COMMENT 'topic of the conversation; empty without scored messages',
    conversations UInt64 COMMENT 'conversations that began on the day',
    high_intent UInt64 COMMENT 'of these: reached a score of 0.7',
    carted UInt64 COMMENT 'of these: last touch within 72 h of an add_to_cart',
    ordered UInt64 COMMENT 'of these: last touch within 72 h of a paid order',
    high_intent_ordered UInt64 COMMENT 'of these: some attributed order at or after high intent',
    low_intent_ordered UInt64 COMMENT 'of these: ordered, never high',
    high_intent_kept UInt64 COMMENT 'of these: some attributed kept order at or after high intent',
    kept UInt64 COMMENT 'of these: some attributed order with a net amount above 0',
    gross_amount Decimal(18, 2) COMMENT 'amounts of the attributed orders, cancelled ones too, in the reporting currency',
    net_amount Decimal(18, 2) COMMENT 'net amounts of the attributed orders, in the reporting currency',
    other_currency_orders UInt64 COMMENT 'attributed orders in another currency, in no amount',
    high_intent_rate Nullable(Float64) COMMENT 'high_intent / conversations',
    intent_to_order_rate Nullable(Float64) COMMENT 'high_intent_ordered / high_intent; NULL when nothing was high',
    intent_to_order_low Nullable(Float64) COMMENT 'lower end of its 95 % Wilson interval',
    intent_to_order_high Nullable(Float64) COMMENT 'upper end of its 95 % Wilson interval',
    intent_lift Nullable(Float64) COMMENT 'intent_to_order_rate / (low_intent_ordered / (conversations - high_intent))',
    maturity Nullable(Float64) COMMENT 'share of the conversations whose 72 h after the last user message are over; below 1 the rates may still rise',
    kept_maturity Nullable(Float64) COMMENT 'the same with 15 days, for kept orders'
) SQL SECURITY INVOKER AS
SELECT
    shop_id, day, channel, intent, n AS conversations, high AS high_intent, carted, ordered,
    hits AS high_intent_ordered, misses AS low_intent_ordered, high_intent_kept, kept,
    CAST(least(gross, toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS gross_amount,
    CAST(least(net, toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS net_amount,
    other_currency AS other_currency_orders,
    divideOrNull(high, n) AS high_intent_rate,
    divideOrNull(hits, high) AS intent_to_order_rate,
    if(hits = 0 AND high > 0, 0., (divideOrNull(hits, high) + pow(1.959963984540054, 2) / (2 * high) - 1.959963984540054 * sqrt(divideOrNull(hits, high) * (1 - divideOrNull(hits, high)) / high + pow(1.959963984540054, 2) / (4 * pow(high, 2)))) / (1 + pow(1.959963984540054, 2) / high)) AS intent_to_order_low,
    if(hits = high AND high > 0, 1., (divideOrNull(hits, high) + pow(1.959963984540054, 2) / (2 * high) + 1.959963984540054 * sqrt(divideOrNull(hits, high) * (1 - divideOrNull(hits, high)) / high + pow(1.959963984540054, 2) / (4 * pow(high, 2)))) / (1 + pow(1.959963984540054, 2) / high)) AS intent_to_order_high,
    divideOrNull(intent_to_order_rate, divideOrNull(misses, n - high)) AS intent_lift,
    divideOrNull(closed, answered) AS maturity,
    divideOrNull(settled, answered) AS kept_maturity
FROM
(
    SELECT
        shop_id,
        c.cohort_date AS day,
        channel,
        intent,
        count() AS n,
        countIf(c.high_intent_at IS NOT NULL) AS high,
        countIf(c.is_carted = 1) AS carted,
        countIf(c.is_ordered = 1) AS ordered,
        countIf(c.is_ordered_after_high = 1) AS hits,
        countIf(c.is_ordered = 1 AND c.high_intent_at IS NULL) AS misses,
        countIf(c.is_kept_after_high = 1) AS high_intent_kept,
        countIf(c.is_kept = 1) AS kept,
        sum(c.order_amount) AS gross,
        sum(c.net_amount) AS net,
        sum(c.other_currency_orders) AS other_currency,
        countIf(c.last_user_message_at IS NOT NULL) AS answered,
        countIf(c.last_user_message_at <= now64(3, 'UTC') - toIntervalHour(72)) AS closed,
        countIf(c.last_user_message_at <= now64(3, 'UTC') - toIntervalDay(15)) AS settled
    FROM askbuy.conversation_rows AS c
    GROUP BY shop_id, day, channel, intent
)
COMMENT 'Grain: shop, day, channel, intent, of the conversations that began on the day. Sum the counts and divide the sums, never average a rate; give a sum another name than its column (sum(ordered) AS orders_sum), or ClickHouse answers ILLEGAL_AGGREGATION. Test traffic is left out.';

CREATE OR REPLACE VIEW bi.behaviors ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper',
    event_id String COMMENT 'id of the event, unique for its shopper',
    ts DateTime64(3, 'UTC') COMMENT 'event time',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival',
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    name String COMMENT 'page_view, item_click, add_to_cart, checkout, favorite, purchase, dwell, or another',
    conv_id String COMMENT 'conversation, when told',
    item_id String COMMENT 'item, when told',
    page_id String COMMENT 'page, when told',
    category String COMMENT 'category, when told',
    dwell_ms Nullable(Int64) COMMENT 'time stayed in ms, when told'
) SQL SECURITY INVOKER AS
SELECT shop_id, user_id, event_id, ts, received_at, is_test, name, conv_id, item_id, page_id, category, dwell_ms
FROM askbuy.behaviors FINAL
COMMENT 'Grain: one behaviour (shop_id, user_id, event_id), test traffic included.';

CREATE OR REPLACE VIEW bi.exposures ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper',
    event_id String COMMENT 'id of the event, unique for its shopper',
    ts DateTime64(3, 'UTC') COMMENT 'event time',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival',
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    experiment String COMMENT 'experiment',
    variant String COMMENT 'variant that was shown',
    conv_id String COMMENT 'conversation in which it was shown, when told'
) SQL SECURITY INVOKER AS
SELECT shop_id, user_id, event_id, ts, received_at, is_test, experiment, variant, conv_id
FROM askbuy.exposures FINAL
COMMENT 'Grain: one exposure (shop_id, user_id, event_id), test traffic included.';

CREATE OR REPLACE VIEW bi.feedback ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper',
    event_id String COMMENT 'id of the event, unique for its shopper',
    ts DateTime64(3, 'UTC') COMMENT 'event time',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival',
    is_test UInt8 COMMENT '1: test traffic, in no figure',
    conv_id String COMMENT 'conversation, when told',
    rating Nullable(UInt8) COMMENT '1 to 5, when told',
    resolved Nullable(UInt8) COMMENT '1: the shopper says it is solved; NULL when not told'
) SQL SECURITY INVOKER AS
SELECT shop_id, user_id, event_id, ts, received_at, is_test, conv_id, rating, resolved
FROM askbuy.feedback FINAL
COMMENT 'Grain: one feedback (shop_id, user_id, event_id), test traffic included.';

CREATE OR REPLACE VIEW bi.dead_letters ON CLUSTER '{cluster}' (
    received_at DateTime64(3, 'UTC') COMMENT 'arrival of the first delivery',
    deliveries UInt64 COMMENT 'deliveries at least: a retry cannot be told from a second delivery',
    stage String COMMENT 'where it was set aside: ingest, process or sink',
    topic String COMMENT 'topic of the first delivery, without prefix',
    partition Int32 COMMENT 'its partition',
    offset Int64 COMMENT 'its offset',
    source String COMMENT 'door it came through',
    shop_id String COMMENT 'shop; that of the credential where the event is not to be trusted',
    type String COMMENT 'type of the event, when known',
    event_id String COMMENT 'id of the event, when known',
    reason String COMMENT 'malformed, unknown_type, missing_field, bad_field, future_ts, forbidden_shop, conflict, undecodable or refused_row',
    detail String COMMENT 'names the field and the rule'
) SQL SECURITY INVOKER AS
SELECT
    arrived AS received_at,
    n AS deliveries,
    letter.1 AS stage,
    letter.2 AS topic,
    letter.3 AS partition,
    bitAnd(letter.4, 0xFFFFFFFFFF) AS offset,
    letter.5 AS source,
    letter.6 AS shop_id,
    letter.7 AS type,
    letter.8 AS event_id,
    letter.9 AS reason,
    letter.10 AS detail
FROM
(
    SELECT
        id,
        min(d.received_at) AS arrived,
        count() AS n,
        argMin((toString(d.stage), toString(d.topic), d.partition, d.position, toString(d.source), d.shop_id, toString(d.type), d.event_id, toString(d.reason), d.detail),
            (d.received_at, toString(d.topic), d.partition, d.position)) AS letter
    FROM askbuy.dead_letters AS d FINAL
    GROUP BY id
)
COMMENT 'Grain: one event that was set aside for one reason. Its bytes are in the dead-letter topic: askbuy deadletters show.';

CREATE OR REPLACE VIEW bi.shops ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop that has any event, or is configured',
    time_zone String COMMENT 'IANA name; days are in this zone',
    reporting_currency String COMMENT 'currency of its amounts: the configured one, else that of its first paid order that has one; empty while unknown'
) SQL SECURITY INVOKER AS
SELECT
    f.shop_id AS shop_id,
    ifNull(multiIf(z.time_zone != '', z.time_zone, (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = ''), 'Asia/Shanghai'), 'Asia/Shanghai') AS time_zone,
    ifNull(multiIf(z.reporting_currency != '', z.reporting_currency, (SELECT any(reporting_currency) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(reporting_currency) FROM askbuy.shops FINAL WHERE shop_id = ''), c.first_currency), '') AS reporting_currency
FROM
(
    SELECT DISTINCT shop_id
    FROM
    (
        SELECT shop_id FROM askbuy.messages
        UNION ALL SELECT shop_id FROM askbuy.order_events
        UNION ALL SELECT shop_id FROM askbuy.behaviors
        UNION ALL SELECT shop_id FROM askbuy.exposures
        UNION ALL SELECT shop_id FROM askbuy.feedback
        UNION ALL SELECT shop_id FROM askbuy.aliases
        UNION ALL SELECT shop_id FROM askbuy.handoffs
        UNION ALL SELECT shop_id FROM askbuy.shops
    )
    WHERE shop_id != ''
) AS f
LEFT JOIN (SELECT shop_id, time_zone, reporting_currency FROM askbuy.shops FINAL) AS z USING (shop_id)
LEFT JOIN
(
    SELECT shop_id, argMinIf(currency, (paid_at, order_id), currency != '') AS first_currency
    FROM askbuy.order_fold
    WHERE paid_at IS NOT NULL
    GROUP BY shop_id
) AS c USING (shop_id)
COMMENT 'Grain: one shop, with the settings in effect.';

CREATE OR REPLACE VIEW bi.ledger ON CLUSTER '{cluster}' (
    topic String COMMENT 'raw topic, without prefix',
    day Date COMMENT 'UTC day of arrival; of in_flight and unexplained the day on which they were noted',
    source String COMMENT 'door; empty in the row of in_flight and unexplained',
    records UInt64 COMMENT 'records: the sum of all columns that follow',
    stored UInt64 COMMENT 'became a fact',
    duplicate UInt64 COMMENT 'said again what a fact says',
    conflict UInt64 COMMENT 'said otherwise than the fact of the same identity: a dead letter',
    quarantined UInt64 COMMENT 'could not be read or stored: a dead letter',
    erased UInt64 COMMENT 'of a subject that was erased',
    in_flight UInt64 COMMENT 'in the topic and not yet read by the sink',
    unexplained UInt64 COMMENT 'read by the sink, but without a receipt: must be 0'
) SQL SECURITY INVOKER AS
SELECT
    topic,
    day,
    source,
    sum(l.n) AS records,
    sumIf(l.n, l.outcome = 'stored') AS stored,
    sumIf(l.n, l.outcome = 'duplicate') AS duplicate,
    sumIf(l.n, l.outcome = 'conflict') AS conflict,
    sumIf(l.n, l.outcome = 'quarantined') AS quarantined,
    sumIf(l.n, l.outcome = 'erased') AS erased,
    sumIf(l.n, l.outcome = 'in_flight') AS in_flight,
    sumIf(l.n, l.outcome = 'unexplained') AS unexplained
FROM
(
    SELECT toString(topic) AS topic, toDate(received_at, 'UTC') AS day, toString(source) AS source, toString(outcome) AS outcome, toInt64(count()) AS n
    FROM askbuy.receipts FINAL
    GROUP BY topic, day, source, outcome
    UNION ALL
    SELECT toString(topic), toDate(noted_at, 'UTC'), '', one.1, one.2 FROM askbuy.ledger_gaps ARRAY JOIN [('in_flight', in_flight), ('unexplained', unexplained)] AS one
) AS l
GROUP BY topic, day, source
COMMENT 'Grain: raw topic, UTC day, source. Every record of a raw topic is in exactly one column; unexplained is 0 unless something was lost.';

CREATE OR REPLACE VIEW bi.receipts ON CLUSTER '{cluster}' (
    topic String COMMENT 'raw topic, without prefix',
    partition Int32 COMMENT 'its partition',
    offset Int64 COMMENT 'its offset',
    outcome String COMMENT 'stored, duplicate, conflict, quarantined or erased',
    source String COMMENT 'door it came through',
    shop_id String COMMENT 'shop; that of the credential where the event is not to be trusted',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival'
) SQL SECURITY INVOKER AS
SELECT topic, raw_partition AS partition, bitAnd(raw_position, 0xFFFFFFFFFF) AS offset, outcome, source, shop_id, received_at
FROM askbuy.receipts FINAL
COMMENT 'Grain: one record of a raw topic, with what became of it: the rows behind bi.ledger.';

CREATE OR REPLACE VIEW bi.freshness ON CLUSTER '{cluster}' (
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
COMMENT 'Grain: one kind of event.';

CREATE OR REPLACE VIEW bi.score_quality ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    model_id String COMMENT 'model that scored the messages',
    day Date COMMENT 'day of the message in the time zone of the shop',
    score String COMMENT 'p_order (50 bins) or buy_score (100 bins)',
    prefix UInt8 COMMENT 'the how many-th user message of its conversation; 5 is the fifth and all later ones',
    bin UInt8 COMMENT 'from 0: bin b of k holds scores from b / k to below (b + 1) / k, the last one 1 as well',
    n Float64 COMMENT 'sum of weights: a conversation weighs 1, shared equally by its messages',
    messages UInt64 COMMENT 'number of messages',
    sum_p Float64 COMMENT 'weighted sum of the score: of p_order, the expected orders',
    sum_y Float64 COMMENT 'weighted sum of outcomes: 1 when an attributed order that is kept was paid within 72 h after the message'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    model_id,
    day,
    one.1 AS score,
    prefix,
    toUInt8(least(one.3 - 1, floor(round(one.2 * one.3, 6)))) AS bin,
    round(sum(weight), 9) AS n,
    count() AS messages,
    round(sum(weight * one.2), 9) AS sum_p,
    round(sum(weight * y), 9) AS sum_y
FROM askbuy.score_units
ARRAY JOIN [('p_order', p_order, 50), ('buy_score', buy_score, 100)] AS one
GROUP BY shop_id, model_id, day, score, prefix, bin
COMMENT 'Grain: one bin of a score, by shop, model, day and number of the message. Counted is every user message before the first attributed order of its conversation, once the last user message of the conversation is 72 h old. Sums may be added up over rows of one score: mean score sum_p / n against rate sum_y / n is the reliability diagram.';

CREATE OR REPLACE VIEW bi.score_quality_daily ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    model_id String COMMENT 'model that scored the messages',
    day Date COMMENT 'day of the message in the time zone of the shop',
    auc Nullable(Float64) COMMENT 'area under the ROC curve of p_order: the chance that a hit has the greater p than a miss, ties half; NULL without both',
    pr_auc Nullable(Float64) COMMENT 'area under the precision-recall curve of p_order (average precision); NULL without hits',
    brier Nullable(Float64) COMMENT 'mean squared error of p_order',
    ece Nullable(Float64) COMMENT 'expected calibration error of p_order, 15 bins of equal weight',
    n Float64 COMMENT 'sum of weights: a conversation weighs 1, shared equally by its messages',
    messages UInt64 COMMENT 'number of messages',
    sum_p Float64 COMMENT 'weighted sum of p_order: the expected orders',
    sum_y Float64 COMMENT 'weighted sum of outcomes: orders that came and are kept'
) SQL SECURITY INVOKER AS
SELECT shop_id, model_id, day, auc, pr_auc, brier, ece, n, messages, sum_p, sum_y
FROM (SELECT
    shop_id, model_id, day,
    sum(bin_messages) AS messages,
    round(sum(bin_weight), 9) AS n,
    round(sum(bin_sum_p), 9) AS sum_p,
    round(sum(bin_hits), 9) AS sum_y,
    round(divideOrNull(sum(bin_ranked), sum(bin_hits) * (sum(bin_weight) - sum(bin_hits))), 9) AS auc,
    round(divideOrNull(sum(bin_precision), sum(bin_hits)), 9) AS pr_auc,
    round(sum(bin_squares) / sum(bin_weight), 9) AS brier,
    round(sum(abs(bin_sum_p - bin_hits)) / sum(bin_weight), 9) AS ece
FROM
(
    SELECT
        shop_id, model_id, day,
        least(14, floor(round(middle / whole * 15, 9))) AS bin,
        sum(group_messages) AS bin_messages,
        sum(w) AS bin_weight,
        sum(hits) AS bin_hits,
        sum(w * p) AS bin_sum_p,
        sum(hits * (misses_to - misses + misses / 2)) AS bin_ranked,
        sum(hits * hits_from / weight_from) AS bin_precision,
        sum(hits * (1 - p) * (1 - p) + misses * p * p) AS bin_squares
    FROM
    (
        SELECT
            *,
            w - hits AS misses,
            sum(misses) OVER (PARTITION BY shop_id, model_id, day ORDER BY p) AS misses_to,
            sum(hits) OVER (PARTITION BY shop_id, model_id, day ORDER BY p DESC) AS hits_from,
            sum(w) OVER (PARTITION BY shop_id, model_id, day ORDER BY p DESC) AS weight_from,
            sum(w) OVER (PARTITION BY shop_id, model_id, day ORDER BY p) - w / 2 AS middle,
            sum(w) OVER (PARTITION BY shop_id, model_id, day) AS whole
        FROM
        (
            SELECT shop_id, model_id, day, p_order AS p, count() AS group_messages, sum(weight) AS w, sum(weight * y) AS hits
            FROM askbuy.score_units
            GROUP BY shop_id, model_id, day, p
        )
    )
    GROUP BY shop_id, model_id, day, bin
)
GROUP BY shop_id, model_id, day)
COMMENT 'Grain: one day of a shop and model, of the same messages, weights and outcomes as bi.score_quality. Means over days are not the figure of the days together: askbuy report score has that.';

CREATE OR REPLACE VIEW bi.claims ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    day Date COMMENT 'day in the time zone of the shop: of the first claim of a conversation, of the payment of an order, of the earliest message of a conversation that bargains',
    claimed UInt64 COMMENT 'conversations in which the shopper says that something is bought (act purchase_claim)',
    claim_messages UInt64 COMMENT 'messages that say so',
    ordered UInt64 COMMENT 'of claimed: the shopper paid an order from 30 days before a claim to 72 h after it',
    kept UInt64 COMMENT 'of claimed: one of these orders is kept (neither cancelled nor wholly refunded)',
    not_ordered UInt64 COMMENT 'claimed - ordered: claims without an order',
    kept_rate Nullable(Float64) COMMENT 'kept / claimed; NULL without claims',
    maturity Nullable(Float64) COMMENT 'share of claimed whose first claim is 72 h old at query time; NULL without claims',
    orders UInt64 COMMENT 'orders paid on the day',
    cancelled UInt64 COMMENT 'of orders: cancelled by now',
    refunded UInt64 COMMENT 'of orders: wholly refunded by now, and not cancelled',
    cancel_rate Nullable(Float64) COMMENT 'cancelled / orders',
    refund_rate Nullable(Float64) COMMENT 'refunded / orders',
    bargaining UInt64 COMMENT 'conversations with 2 or more messages that bargain',
    bargaining_without_cart UInt64 COMMENT 'of bargaining: nothing was put into the cart or ordered',
    suspected UInt64 COMMENT 'conversations that began on the day with a fake_intent_score of 0.5 or more'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    day,
    sum(e.claimed) AS claimed,
    sum(e.claim_messages) AS claim_messages,
    sum(e.ordered) AS ordered,
    sum(e.kept) AS kept,
    claimed - ordered AS not_ordered,
    divideOrNull(kept, claimed) AS kept_rate,
    divideOrNull(sum(e.closed), claimed) AS maturity,
    sum(e.orders) AS orders,
    sum(e.cancelled) AS cancelled,
    sum(e.refunded) AS refunded,
    divideOrNull(cancelled, orders) AS cancel_rate,
    divideOrNull(refunded, orders) AS refund_rate,
    sum(e.bargaining) AS bargaining,
    sum(e.bargaining_without_cart) AS bargaining_without_cart,
    sum(e.suspected) AS suspected
FROM
(
    SELECT k.shop_id AS shop_id, toDate(greatest('1970-01-01', formatDateTime(greatest(k.first_claim_at, toDateTime64(0, 3, 'UTC')), '%F', ifNull(multiIf(z.time_zone != '', z.time_zone, (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = ''), 'Asia/Shanghai'), 'Asia/Shanghai')))) AS day, 1 AS claimed, k.claims AS claim_messages,
        k.is_ordered AS ordered, k.is_kept AS kept, k.first_claim_at <= now64(3, 'UTC') - toIntervalHour(72) AS closed,
        0 AS orders, 0 AS cancelled, 0 AS refunded, 0 AS bargaining, 0 AS bargaining_without_cart, 0 AS suspected
    FROM askbuy.conversation_claims AS k
    LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
    UNION ALL
    SELECT o.shop_id AS shop_id, toDate(greatest('1970-01-01', formatDateTime(greatest(o.at, toDateTime64(0, 3, 'UTC')), '%F', ifNull(multiIf(z.time_zone != '', z.time_zone, (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = ''), 'Asia/Shanghai'), 'Asia/Shanghai')))) AS day, 0, 0, 0, 0, 0, 1, o.is_cancelled, o.is_refunded, 0, 0, 0
    FROM
    (
        SELECT shop_id, assumeNotNull(paid_at) AS at, cancelled_at IS NOT NULL AS is_cancelled,
            cancelled_at IS NULL AND amount > 0 AND net_amount = 0 AS is_refunded
        FROM askbuy.order_fold
        WHERE paid_at IS NOT NULL
    ) AS o
    LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
    UNION ALL
    SELECT shop_id, cohort_date AS day, 0, 0, 0, 0, 0, 0, 0, 0, bargains >= 2, bargains >= 2 AND is_carted = 0 AND orders = 0, fake_intent_score >= 0.5
    FROM askbuy.conversation_rows
    WHERE bargains >= 2 OR fake_intent_score >= 0.5
) AS e
GROUP BY shop_id, day
COMMENT 'Grain: one day of a shop. What shoppers claim against what they order and keep. A claim is a message with the act purchase_claim; it is met by any order of the shopper that was paid from 30 days before it to 72 h after it.';

CREATE OR REPLACE VIEW bi.shopper_claims ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper as sent',
    conversations UInt64 COMMENT 'conversations with a scored message',
    claimed UInt64 COMMENT 'conversations in which the shopper says that something is bought',
    not_ordered UInt64 COMMENT 'of claimed: with a claim that no order meets',
    paid_orders UInt64 COMMENT 'orders paid, when any was lost; else 0',
    lost_orders UInt64 COMMENT 'orders that were cancelled or wholly refunded',
    kept UInt64 COMMENT 'conversations with an attributed order that is kept',
    fake_intent_score Float64 COMMENT 'mean fake_intent_score of the conversations, 0 to 1',
    fake_intent_reasons Array(String) COMMENT 'reasons of any of them, in the order of the alphabet'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    user_id,
    count() AS conversations,
    countIf(r.claims > 0) AS claimed,
    countIf(r.unmet > 0) AS not_ordered,
    max(r.paid) AS paid_orders,
    max(r.lost) AS lost_orders,
    countIf(r.is_kept) AS kept,
    round(avg(r.fake_intent_score), 3) AS fake_intent_score,
    arraySort(groupUniqArrayArray(r.fake_intent_reasons)) AS fake_intent_reasons
FROM askbuy.conversation_rows AS r
WHERE r.buy_score IS NOT NULL
GROUP BY shop_id, user_id
HAVING claimed > 0 OR lost_orders > 0 OR notEmpty(fake_intent_reasons)
COMMENT 'Grain: one shopper (shop_id, user_id) who claims, loses orders or bargains without a cart.';

CREATE OR REPLACE VIEW bi.experiments ON CLUSTER '{cluster}' (
    experiment String COMMENT 'key, unique in the installation',
    shop_id String COMMENT 'the one shop it runs in; empty: several or all',
    shops Array(String) COMMENT 'the shops it runs in; empty: all',
    config_hash String COMMENT 'SHA-256 of what its file says',
    hypothesis String COMMENT 'what is expected, and why',
    owner String COMMENT 'who decides',
    assignment String COMMENT 'askbuy (replayed and audited) or external (the sender)',
    mode String COMMENT 'hybrid, fixed or sequential',
    alpha Float64 COMMENT 'false positives over the whole experiment, two-sided',
    power Float64 COMMENT 'planned probability of finding the planned effect',
    n_star UInt64 COMMENT 'planned units of all variants',
    hash_version UInt8 COMMENT 'of the hash of GrowthBook that assigns',
    seed String COMMENT 'of the hash',
    coverage Float64 COMMENT 'share of the shoppers that take part',
    start_at DateTime64(3, 'UTC') COMMENT 'units first exposed from here on count',
    planned_end DateTime64(3, 'UTC') COMMENT 'units first exposed before it count',
    final_at DateTime64(3, 'UTC') COMMENT 'the final look is made from here on',
    status String COMMENT 'at query time: planned, running, maturing (no unit is added, orders and refunds may come) or ended',
    variant String COMMENT 'variant',
    weight Float64 COMMENT 'its share of those who take part',
    is_control UInt8 COMMENT '1: the others are compared with it',
    bucket_from Float64 COMMENT 'least bucket of the hash that gives it',
    bucket_to Float64 COMMENT 'first bucket that does not any more'
) SQL SECURITY INVOKER AS
SELECT
    experiment, shop_id, shops, config_hash, hypothesis, owner, assignment, mode, alpha, power, n_star, hash_version, seed, coverage, start_at,
    planned_end, final_at,
    multiIf(now64(3, 'UTC') < start_at, 'planned', now64(3, 'UTC') < planned_end, 'running', now64(3, 'UTC') < final_at, 'maturing', 'ended') AS status,
    v.variant AS variant, v.weight AS weight, v.is_control AS is_control, v.lower AS bucket_from, v.upper AS bucket_to
FROM (SELECT * FROM askbuy.experiments FINAL)
ARRAY JOIN variants AS v
COMMENT 'Grain: experiment, variant, of the experiments that are registered.';

CREATE OR REPLACE VIEW bi.experiment_units ON CLUSTER '{cluster}' (
    experiment String COMMENT 'experiment',
    shop_id String COMMENT 'shop',
    user_id String COMMENT 'shopper as sent: the unit that is randomised',
    variant String COMMENT 'variant of the first exposure',
    first_exposure_at DateTime64(3, 'UTC') COMMENT 'event time of the first exposure',
    exposures UInt64 COMMENT 'exposures before the planned end',
    is_contaminated UInt8 COMMENT '1: another variant was shown as well; in no metric',
    bucket Nullable(Float64) COMMENT 'where the hash puts the shopper, 0 to 1; NULL when the sender assigns',
    is_replay_ok Nullable(UInt8) COMMENT '1: every exposure showed what the hash gives; NULL when the sender assigns',
    conversations UInt64 COMMENT 'that an exposure names, or with a message since the first one',
    ordered UInt64 COMMENT 'of these, those with an attributed order',
    carted UInt64 COMMENT 'of these, those carted',
    handed_off UInt64 COMMENT 'of these, those handed to a human',
    conversation_revenue Float64 COMMENT 'net amount of the orders attributed to them, in the reporting currency',
    revenue Float64 COMMENT 'net amount of all orders since the first exposure, in the reporting currency',
    currency String COMMENT 'reporting currency of the shop',
    orders UInt64 COMMENT 'paid since the first exposure, up to 72 h after the planned end',
    matured_orders UInt64 COMMENT 'of these, those older than 15 days when they were counted',
    refunded_orders UInt64 COMMENT 'of these, those with less net than amount'
) SQL SECURITY INVOKER AS
SELECT experiment, shop_id, user_id, variant, first_exposure_at, exposures, is_contaminated, bucket, if(bucket IS NULL, NULL, mismatched = 0) AS is_replay_ok,
    conversations, ordered, carted, handed_off, conversation_revenue, revenue, currency, orders, matured_orders, refunded_orders
FROM askbuy.experiment_current
COMMENT 'Grain: experiment, shop_id, user_id, of the shoppers first exposed from start to planned end. Made anew every hour and at each report.';

CREATE OR REPLACE VIEW bi.experiment_results ON CLUSTER '{cluster}' (
    experiment String COMMENT 'experiment',
    shop_id String COMMENT 'the one shop it runs in; empty: several or all',
    snapshot_at DateTime64(3, 'UTC') COMMENT 'when it was looked at',
    data_cutoff DateTime64(3, 'UTC') COMMENT 'what happened later is not in it',
    is_final UInt8 COMMENT '1: the final look, which stands',
    metric String COMMENT 'metric',
    role String COMMENT 'success, guardrail, deterioration or diagnostic',
    variant String COMMENT 'treatment',
    control String COMMENT 'variant that it is compared with',
    n_c UInt64 COMMENT 'units of the control',
    n_t UInt64 COMMENT 'units of the treatment',
    contaminated_excluded UInt64 COMMENT 'units left out because they saw several variants',
    value_c Nullable(Float64) COMMENT 'value of the control',
    value_t Nullable(Float64) COMMENT 'value of the treatment',
    diff Nullable(Float64) COMMENT 'treatment minus control, adjusted where the metric is',
    se Nullable(Float64) COMMENT 'its standard error (delta method over shoppers)',
    dof Nullable(Float64) COMMENT 'degrees of freedom; NULL before the final look unless the mode is fixed',
    p_fixed Nullable(Float64) COMMENT 'p of a single look; NULL before the final look unless the mode is fixed',
    ci_lo Nullable(Float64) COMMENT 'lower end of the 95 % interval of a single look; NULL likewise',
    ci_hi Nullable(Float64) COMMENT 'upper end; NULL likewise',
    lift Nullable(Float64) COMMENT 'diff / |value_c|',
    lift_lo Nullable(Float64) COMMENT 'lower end by Fieller, at the level in force; NULL when it is unbounded',
    lift_hi Nullable(Float64) COMMENT 'upper end by Fieller',
    p_always_valid Nullable(Float64) COMMENT 'p that holds at every look',
    p_always_valid_running Nullable(Float64) COMMENT 'the least of all looks so far',
    seq_lo Nullable(Float64) COMMENT 'lower always-valid bound',
    seq_hi Nullable(Float64) COMMENT 'upper always-valid bound',
    decision_lo Nullable(Float64) COMMENT 'lower end at the level in force',
    decision_hi Nullable(Float64) COMMENT 'upper end at the level in force',
    p_adjusted Nullable(Float64) COMMENT 'of the primary metric, for the number of treatments',
    adjust String COMMENT 'how it is adjusted: holm, or empty',
    chance_to_win Nullable(Float64) COMMENT 'NULL: not computed yet',
    expected_loss Nullable(Float64) COMMENT 'NULL: not computed yet',
    cuped_theta Nullable(Float64) COMMENT 'weight of the value before the exposure',
    variance_reduction Nullable(Float64) COMMENT 'share of the variance that the adjustment took away',
    cap Nullable(Float64) COMMENT 'values above it count as it; NULL: no cap',
    diff_raw Nullable(Float64) COMMENT 'difference without the cap',
    mde_now Nullable(Float64) COMMENT 'smallest relative effect that this look could see',
    power_at_mde Nullable(Float64) COMMENT 'probability of finding the planned effect at the end',
    days_left Nullable(Int64) COMMENT 'days until that probability is the planned one, at the present rate',
    guardrail String COMMENT 'non_inferior or undecided; empty for other roles',
    refused String COMMENT 'why there is no number; empty: there is one',
    verdict String COMMENT 'verdict on the treatment',
    reason String COMMENT 'why',
    warnings Array(String) COMMENT 'codes of what to know before it is believed',
    mean_num_c Nullable(Float64) COMMENT 'mean numerator of the units of the control',
    mean_den_c Nullable(Float64) COMMENT 'mean denominator of the units of the control',
    var_num_c Nullable(Float64) COMMENT 'sample variance of the numerator, control',
    var_den_c Nullable(Float64) COMMENT 'sample variance of the denominator, control',
    cov_c Nullable(Float64) COMMENT 'sample covariance of both, control',
    mean_num_t Nullable(Float64) COMMENT 'mean numerator of the units of the treatment',
    mean_den_t Nullable(Float64) COMMENT 'mean denominator of the units of the treatment',
    var_num_t Nullable(Float64) COMMENT 'sample variance of the numerator, treatment',
    var_den_t Nullable(Float64) COMMENT 'sample variance of the denominator, treatment',
    cov_t Nullable(Float64) COMMENT 'sample covariance of both, treatment',
    srm_p Nullable(Float64) COMMENT 'sequential p of the sample ratio, the least of all looks so far',
    engine_version UInt32 COMMENT 'version of the formulas',
    config_hash String COMMENT 'what the file said',
    sql_hash String COMMENT 'statements that made the moments'
) SQL SECURITY INVOKER AS
SELECT
    experiment, shop_id, snapshot_at, data_cutoff, is_final, metric, role, variant, control, n_c, n_t, contaminated_excluded, value_c,
    value_t, diff, se, dof, p_fixed, ci_lo, ci_hi, lift, lift_lo, lift_hi, p_always_valid, p_always_valid_running, seq_lo, seq_hi,
    decision_lo, decision_hi, p_adjusted, adjust, CAST(NULL AS Nullable(Float64)) AS chance_to_win,
    CAST(NULL AS Nullable(Float64)) AS expected_loss, cuped_theta, variance_reduction, cap, diff_raw, mde_now, power_at_mde, days_left,
    guardrail, refused, verdict, reason, warnings, mean_num_c, mean_den_c, var_num_c, var_den_c, cov_c, mean_num_t, mean_den_t,
    var_num_t, var_den_t, cov_t, srm_p, engine_version, config_hash, sql_hash
FROM askbuy.experiment_results FINAL
COMMENT 'Grain: experiment, snapshot_at, metric, variant. Records of a moment: one a day, one a report; the final one stands.';

CREATE OR REPLACE VIEW bi.experiment_live ON CLUSTER '{cluster}' (
    experiment String COMMENT 'experiment',
    shop_id String COMMENT 'the one shop it runs in; empty: several or all',
    metric String COMMENT 'metric',
    variant String COMMENT 'treatment',
    n_c UInt64 COMMENT 'units of the control',
    n_t UInt64 COMMENT 'units of the treatment',
    value_c Nullable(Float64) COMMENT 'value of the control',
    value_t Nullable(Float64) COMMENT 'value of the treatment',
    diff Nullable(Float64) COMMENT 'treatment minus control, adjusted where the metric is',
    se Nullable(Float64) COMMENT 'its standard error (delta method over shoppers); NULL when it cannot be told',
    z Nullable(Float64) COMMENT 'diff / se',
    p_always_valid Nullable(Float64) COMMENT 'p that holds at every look, of this look',
    seq_lo Nullable(Float64) COMMENT 'lower always-valid bound at the level of a running experiment',
    seq_hi Nullable(Float64) COMMENT 'upper always-valid bound at the level of a running experiment',
    srm_p Nullable(Float64) COMMENT 'sequential p of the sample ratio, of this look; below 0.01 believe nothing'
) SQL SECURITY INVOKER AS
SELECT experiment, shop_id, metric, variant, toUInt64(n_c) AS n_c, toUInt64(n_t) AS n_t, value_c, value_t, diff, se, z, p_always_valid, seq_lo, seq_hi, srm_p
FROM
(
    SELECT *, if(isFinite(mean_num_c / nullIf(mean_den_c, 0) AS ratio_c), ratio_c, NULL) AS value_c,
    if(isFinite(mean_num_t / nullIf(mean_den_t, 0) AS ratio_t), ratio_t, NULL) AS value_t,
    value_t - value_c - shift AS diff,
    if(isFinite(sqrt(if(n_c < 2 OR (var_num_c + value_c * value_c * var_den_c - 2 * value_c * cov_c AS residual_c) != 0
        AND residual_c < 1e-9 * (var_num_c + value_c * value_c * var_den_c + abs(2 * value_c * cov_c)),
    NULL, residual_c / (mean_den_c * mean_den_c)) / n_c + if(n_t < 2 OR (var_num_t + value_t * value_t * var_den_t - 2 * value_t * cov_t AS residual_t) != 0
        AND residual_t < 1e-9 * (var_num_t + value_t * value_t * var_den_t + abs(2 * value_t * cov_t)),
    NULL, residual_t / (mean_den_t * mean_den_t)) / n_t) AS deviation) AND deviation > 0, deviation, NULL) AS se,
    diff / se AS z,
    (n_c + n_t) * (-2 * log(level) + log(1 - 2 * log(level))) / n_star AS spread,
    if(isNull(z), NULL, least(1, exp(0.5 * log(spread + 1) - spread * z * z / (2 * (spread + 1))))) AS p_always_valid,
    sqrt((spread + 1) / spread * (log(spread + 1) - 2 * log(level))) * se AS seq_half,
    diff - seq_half AS seq_lo,
    diff + seq_half AS seq_hi
    FROM
    (
        SELECT
            *,
            if(theta = 0, plain_c, greatest(0, plain_c + theta * theta * var_pre_c - 2 * theta * cov_pre_c)) AS var_num_c,
            if(theta = 0, plain_t, greatest(0, plain_t + theta * theta * var_pre_t - 2 * theta * cov_pre_t)) AS var_num_t,
            theta * (mean_pre_t - mean_pre_c) AS shift,
            least(1, exp(lgamma(1000 + arraySum(units)) - lgamma(1000) - arraySum((n, w) -> lgamma(1000 * w + n) - lgamma(1000 * w) - n * log(w), units, weights))) AS srm_p
        FROM
        (
            SELECT
                e.experiment AS experiment,
                e.shop_id AS shop_id,
                e.m.metric AS metric,
                e.v.variant AS variant,
                e.running_level AS level,
                e.n_star * (e.v.weight + e.control.weight) AS n_star,
                arrayMap(x -> x.weight / arraySum(y -> y.weight, e.variants), e.variants) AS weights,
                arrayMap(x -> toFloat64(arrayFirst(y -> y.1 = x.variant, a.arms).2), e.variants) AS units,
                c.n AS n_c, t.n AS n_t,
                if(e.m.cap > 0 AND length(arrayDistinct(arrayConcat(c.currencies, t.currencies))) > 1, NULL, c.mean_num) AS mean_num_c,
                if(e.m.cap > 0 AND length(arrayDistinct(arrayConcat(c.currencies, t.currencies))) > 1, NULL, t.mean_num) AS mean_num_t,
                c.mean_den AS mean_den_c, c.mean_pre AS mean_pre_c, c.var_num AS plain_c, c.var_den AS var_den_c, c.var_pre AS var_pre_c, c.cov AS cov_c, c.cov_pre AS cov_pre_c,
                t.mean_den AS mean_den_t, t.mean_pre AS mean_pre_t, t.var_num AS plain_t, t.var_den AS var_den_t, t.var_pre AS var_pre_t, t.cov AS cov_t, t.cov_pre AS cov_pre_t,
                if(e.m.is_adjusted = 1 AND c.n > 1 AND t.n > 1 AND (c.var_pre * (c.n - 1) + t.var_pre * (t.n - 1) + pow(t.mean_pre - c.mean_pre, 2) * c.n * t.n / (c.n + t.n) AS m2_pre) > 0,
                    (c.cov_pre * (c.n - 1) + t.cov_pre * (t.n - 1) + (t.mean_pre - c.mean_pre) * (t.mean_num - c.mean_num) * c.n * t.n / (c.n + t.n)) / m2_pre, 0) AS theta
            FROM
            (
                SELECT experiment, shop_id, running_level, n_star, variants, arrayFirst(x -> x.is_control = 1, variants) AS control, control.variant AS control_name, v, v.variant AS treatment, m, m.metric AS asked
                FROM (SELECT * FROM askbuy.experiments FINAL)
                ARRAY JOIN arrayFilter(x -> x.is_control = 0, variants) AS v
                ARRAY JOIN metrics AS m
            ) AS e
            LEFT JOIN (SELECT experiment, groupArray((variant, units)) AS arms FROM askbuy.experiment_arms GROUP BY experiment) AS a ON a.experiment = e.experiment
            LEFT JOIN askbuy.experiment_moments AS c ON c.experiment = e.experiment AND c.variant = e.control_name AND c.metric = e.asked
            LEFT JOIN askbuy.experiment_moments AS t ON t.experiment = e.experiment AND t.variant = e.treatment AND t.metric = e.asked
        )
    )
)
COMMENT 'Grain: experiment, metric, treatment, over the units as refreshed last. The closed form of what askbuy experiment report says while an experiment runs: no p of a single look, for whoever sees one stops on it.';

CREATE OR REPLACE VIEW bi.second_opinions ON CLUSTER '{cluster}' (
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
COMMENT 'Grain: one message that one scorer was asked about. A second opinion is a record of the moment it was given, and changes no score. Messages that were not asked about (certain, over budget, too late, breaker open) are in the metric askbuy_second_opinions_skipped_total.';

CREATE OR REPLACE VIEW bi.conversations_at ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    m.shop_id AS shop_id,
    m.conv_id AS conv_id,
    m.user_id AS user_id,
    m.channel AS channel,
    toDate(greatest('1970-01-01', formatDateTime(greatest(m.started_at, toDateTime64(0, 3, 'UTC')), '%F', ifNull(multiIf(z.time_zone != '', z.time_zone, (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = ''), 'Asia/Shanghai'), 'Asia/Shanghai')))) AS cohort_date,
    m.started_at AS started_at,
    m.last_message_at AS last_message_at,
    m.last_user_message_at AS last_user_message_at,
    m.first_received_at AS first_received_at,
    m.last_received_at AS last_received_at,
    m.bot_id AS bot_id,
    m.user_messages AS user_messages,
    m.bot_messages AS bot_messages,
    m.agent_messages AS agent_messages,
    s.intent AS intent,
    s.buy_score AS buy_score,
    s.buy_score_peak AS buy_score_peak,
    s.p_order AS p_order,
    s.model_id AS model_id,
    s.intent_level AS intent_level,
    s.high_intent_at AS high_intent_at,
    o.order_id AS order_id,
    if(o.orders > 0, o.ordered_at, NULL) AS ordered_at,
    o.orders AS orders,
    o.coupon AS coupon,
    o.order_amount AS order_amount,
    o.net_amount AS net_amount,
    o.other_currency_orders AS other_currency_orders,
    o.orders > 0 AS is_ordered,
    o.last_kept_at IS NOT NULL AS is_kept,
    c.is_carted AS is_carted,
    if(ifNull(o.orders > 0 AND s.high_intent_at <= o.last_ordered_at, 0), arrayMin(arrayFilter(at -> at >= s.high_intent_at, o.paid_at_all)), NULL) AS high_intent_ordered_at,
    high_intent_ordered_at IS NOT NULL AS is_high_intent_ordered,
    ifNull(s.high_intent_at <= o.last_kept_at, 0) AS is_high_intent_kept,
    ifNull(m.last_user_message_at <= {as_of:DateTime64(3, 'UTC')} - toIntervalHour(72), 0) AS is_closed,
    ifNull(m.last_user_message_at <= {as_of:DateTime64(3, 'UTC')} - toIntervalDay(15), 0) AS is_settled,
    x.experiment AS experiment,
    x.variant AS variant
FROM
(
    SELECT
        shop_id,
        conv_id,
        user_id,
        argMin(e.channel, (e.ts, e.event_id)) AS channel,
        min(e.ts) AS started_at,
        max(e.ts) AS last_message_at,
        maxIfOrNull(e.ts, e.from_role = 'user') AS last_user_message_at,
        min(e.received_at) AS first_received_at,
        max(e.received_at) AS last_received_at,
        argMinIf(e.bot_id, (e.ts, e.event_id), e.bot_id != '') AS bot_id,
        countIf(e.from_role = 'user') AS user_messages,
        countIf(e.from_role = 'bot') AS bot_messages,
        countIf(e.from_role = 'agent') AS agent_messages
    FROM askbuy.messages AS e FINAL
    WHERE e.is_test = 0 AND e.received_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY shop_id, conv_id, user_id
) AS m
LEFT JOIN (SELECT
    shop_id,
    user_id,
    conv_id,
    toNullable(latest.1) AS buy_score,
    toNullable(peak) AS buy_score_peak,
    toNullable(latest.2) AS p_order,
    latest.3 AS model_id,
    toNullable(latest.4) AS p_net,
    subject.1 AS intent,
    subject.2 AS intent_path,
    high_intent_at,
    bargains,
    if(latest.1 >= 0.7, 'high', 'low') AS intent_level,
    toNullable((rank() OVER (PARTITION BY shop_id ORDER BY latest.1) - 1) / count() OVER (PARTITION BY shop_id)) AS score_percentile
FROM
(
    SELECT
        shop_id,
        user_id,
        conv_id,
        argMax((s.buy_score, s.p_order, toString(s.model_id), s.p_net), (s.ts, s.event_id)) AS latest,
        max(s.buy_score) AS peak,
        minIfOrNull(s.ts, s.buy_score >= 0.7) AS high_intent_at,
        countIf(s.act = 'bargain') AS bargains,
        argMin((toString(s.intent), s.intent_path), (-s.evidence, s.ts, s.event_id)) AS subject
    FROM askbuy.message_scores AS s FINAL
    WHERE (shop_id, user_id, event_id) NOT IN (SELECT shop_id, user_id, event_id FROM askbuy.messages WHERE received_at > {as_of:DateTime64(3, 'UTC')})
    GROUP BY shop_id, user_id, conv_id
)) AS s USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT
    t.shop_id AS shop_id,
    t.user_id AS user_id,
    t.conv_id AS conv_id,
    count() AS orders,
    argMin(t.order_id, (o.paid_at, t.order_id)) AS order_id,
    min(o.paid_at) AS ordered_at,
    max(o.paid_at) AS last_ordered_at,
    maxIfOrNull(o.paid_at, o.net_amount > 0) AS last_kept_at,
    groupArray(o.paid_at) AS paid_at_all,
    groupArrayIf(o.paid_at, o.net_amount > 0) AS kept_at,
    groupArrayIf(o.paid_at, o.refunded_amount > 0) AS refunded_paid_at,
    any(o.reporting_currency) AS reporting_currency,
    argMin(o.coupon, (o.paid_at, t.order_id)) AS coupon,
    CAST(least(sumIf(o.amount, o.is_reporting), toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS order_amount,
    CAST(least(sumIf(o.net_amount, o.is_reporting), toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS net_amount,
    countIf(NOT o.is_reporting) AS other_currency_orders
FROM askbuy.order_touches AS t
INNER JOIN (SELECT
    o.shop_id AS shop_id,
    o.order_id AS order_id,
    o.user_id AS user_id,
    o.amount AS amount,
    o.refunded_amount AS refunded_amount,
    o.net_amount AS net_amount,
    o.coupon AS coupon,
    assumeNotNull(o.paid_at) AS paid_at,
    ifNull(multiIf(z.reporting_currency != '', z.reporting_currency, (SELECT any(reporting_currency) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(reporting_currency) FROM askbuy.shops FINAL WHERE shop_id = ''), o.first_currency), '') AS reporting_currency,
    o.currency = '' OR o.currency = reporting_currency AS is_reporting
FROM
(
    SELECT shop_id, order_id, user_id, amount, refunded_amount, net_amount, currency, coupon, paid_at,
        argMinIf(currency, (paid_at, order_id), currency != '') OVER (PARTITION BY shop_id) AS first_currency
    FROM (SELECT
    shop_id,
    order_id,
    if(payer != '', payer, namer) AS user_id,
    multiIf(cancelled_at IS NOT NULL, 'cancelled', refunded_at IS NOT NULL, 'refunded', paid_at IS NOT NULL, 'paid', 'created') AS status,
    CAST(least(last_amount, toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS amount,
    CAST(least(greatest(last_cumulative, refunds), toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS refunded_amount,
    if(cancelled_at IS NOT NULL OR paid_at IS NULL, toDecimal64(0, 2), greatest(amount - refunded_amount, toDecimal64(0, 2))) AS net_amount,
    last_currency AS currency,
    created_at,
    paid_at,
    cancelled_at,
    refunded_at,
    last_coupon AS coupon,
    last_conv_id AS named_conv_id
FROM
(
    SELECT
        shop_id,
        order_id,
        argMinIf(e.user_id, (e.ts, e.event_id), e.status = 'paid' AND e.user_id != '') AS payer,
        argMinIf(e.user_id, (e.ts, e.event_id), e.user_id != '') AS namer,
        coalesce(argMaxIf(e.amount, (e.ts, e.event_id), e.amount IS NOT NULL), 0) AS last_amount,
        coalesce(max(e.refunded_amount), 0) AS last_cumulative,
        -- One refund told several times counts as told last: of neighbours with one id only the last is summed.
        arraySort(groupArrayIf((e.refund_id, e.ts, e.event_id, assumeNotNull(e.refund_amount)), e.refund_id != '')) AS told,
        arraySum((x, next_id) -> if(x.1 = next_id, toDecimal128(0, 2), toDecimal128(x.4, 2)), told, arrayPopFront(arrayPushBack(told.1, ''))) AS refunds,
        argMaxIf(e.currency, (e.ts, e.event_id), e.currency != '') AS last_currency,
        argMaxIf(e.coupon, (e.ts, e.event_id), e.coupon != '') AS last_coupon,
        argMaxIf(e.conv_id, (e.ts, e.event_id), e.conv_id != '') AS last_conv_id,
        minIfOrNull(e.ts, e.status = 'created') AS created_at,
        minIfOrNull(e.ts, e.status = 'paid') AS paid_at,
        minIfOrNull(e.ts, e.status = 'cancelled') AS cancelled_at,
        minIfOrNull(e.ts, e.status = 'refunded') AS refunded_at
    FROM askbuy.order_events AS e FINAL
    WHERE e.is_test = 0 AND e.received_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY shop_id, order_id
))
    WHERE paid_at IS NOT NULL
) AS o
LEFT JOIN (SELECT shop_id, reporting_currency FROM askbuy.shops FINAL) AS z USING (shop_id)) AS o USING (shop_id, order_id, user_id)
WHERE t.conv_id != ''
GROUP BY shop_id, user_id, conv_id) AS o USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT DISTINCT shop_id, user_id, conv_id, 1 AS is_carted FROM (SELECT shop_id, user_id, hit.1.3 AS conv_id, hit.2.1 AS carted_at
FROM
(
    SELECT
        shop_id,
        user_id,
        arraySort(groupArray((e.ts, e.is_cart, e.conv_id))) AS walk,
        arrayFill(x -> x.2 = 0, walk) AS message_before,
        arrayFilter(x -> x.2.2 = 1 AND x.1.2 = 0 AND x.2.1 - x.1.1 <= 72 * 3600, arrayZip(message_before, walk)) AS hits
    FROM
    (
        SELECT shop_id, user_id, e.ts AS ts, 0 AS is_cart, conv_id FROM askbuy.messages AS e FINAL WHERE e.is_test = 0 AND from_role = 'user' AND e.received_at <= {as_of:DateTime64(3, 'UTC')}
        UNION ALL
        SELECT shop_id, user_id, e.ts AS ts, 1 AS is_cart, '' AS conv_id FROM askbuy.behaviors AS e FINAL WHERE e.is_test = 0 AND name = 'add_to_cart' AND e.received_at <= {as_of:DateTime64(3, 'UTC')}
    ) AS e
    GROUP BY shop_id, user_id
    HAVING max(e.is_cart) = 1
)
ARRAY JOIN hits AS hit)) AS c USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT
    shop_id,
    user_id,
    conv_id,
    if(experiments = 1, first_shown.1, '') AS experiment,
    if(experiments = 1, first_shown.2, '') AS variant
FROM
(
    SELECT
        shop_id,
        user_id,
        conv_id,
        uniqExact(e.experiment) AS experiments,
        argMin((toString(e.experiment), toString(e.variant)), (e.ts, e.event_id)) AS first_shown
    FROM askbuy.exposures AS e FINAL
    WHERE e.is_test = 0 AND e.conv_id != '' AND e.received_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY shop_id, user_id, conv_id
)) AS x USING (shop_id, user_id, conv_id)
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
COMMENT 'Grain: one conversation (shop_id, conv_id, user_id), made of what had arrived at a moment: call it as bi.conversations_at(as_of = ''2026-11-21 10:00:00.000''), in UTC. Asked again with the same moment it answers the same, but for a late event that changes an earlier score or touch. Columns as in bi.conversations (without intent_path, score_percentile, p_net, handed_off and those of fake intent), and: first_received_at and last_received_at, arrival of its messages; coupon of the first attributed order; high_intent_ordered_at, the first attributed order at or after high intent (NULL when none); is_high_intent_ordered and is_high_intent_kept, some attributed order, or kept one, at or after high intent; is_closed, its 72 h were over; is_settled, its 15 days.';

CREATE OR REPLACE VIEW bi.handoffs ON CLUSTER '{cluster}' (
    handoff_id String COMMENT 'handoff, unique in its shop',
    shop_id String COMMENT 'shop',
    conv_id String COMMENT 'conversation that was handed over',
    user_id String COMMENT 'shopper as sent',
    reason String COMMENT 'anger, urgent, complaint, asked (the shopper wants a human), failures (three turns running without an answer), low_confidence (below 0.7 and clarified once) or takeover (a human took over unasked); of the earliest step that gives one',
    confidence Nullable(Float64) COMMENT 'of the step that answered, 0 to 1; NULL when it has none',
    buy_score Nullable(Float64) COMMENT 'latest score of the conversation at the request, 0 to 1; NULL without one',
    state String COMMENT 'pending (nobody took it yet), human (an agent answers) or closed (the bot has the conversation back: an agent closed it, nobody wrote for 2 hours, nobody took it in 76 hours, or a later call took its place)',
    requested_at DateTime64(3, 'UTC') COMMENT 'event time of the request; of a takeover that nobody asked for, of the takeover',
    taken_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when a human took over; NULL before',
    closed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it was closed, or ended by itself; NULL before',
    agent String COMMENT 'who took it first; empty when not told',
    delivered_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when the outbound webhook took its package; NULL before, or without a webhook',
    attempts UInt64 COMMENT 'postings to the outbound webhook, the successful one included',
    is_test UInt8 COMMENT '1: test traffic, in no figure'
) SQL SECURITY INVOKER AS
SELECT
    handoff_id,
    shop_id,
    argMin(h.conv_id, (h.ts, h.event_id)) AS conv_id,
    user_id,
    argMinIf(toString(h.reason), (h.ts, h.event_id), h.reason != '') AS reason,
    argMinIf(tuple(h.confidence), (h.ts, h.event_id), h.reason != '').1 AS confidence,
    argMinIf(tuple(h.buy_score), (h.ts, h.event_id), h.reason != '').1 AS buy_score,
    multiIf(closed_at IS NOT NULL, 'closed', taken_at IS NOT NULL, 'human', 'pending') AS state,
    if(countIf(h.reason != '') > 0, minIf(h.ts, h.reason != ''), min(h.ts)) AS requested_at,
    minIfOrNull(h.ts, h.step = 'taken') AS taken_at,
    least(
        minIfOrNull(h.ts, h.step = 'closed'),
        if(maxIf(h.ts, h.step = 'lapsed') >= maxIf(h.ts, h.step = 'taken') + toIntervalHour(2), maxIfOrNull(h.ts, h.step = 'lapsed'), NULL)) AS closed_at,
    argMinIf(h.agent, (h.ts, h.event_id), h.step = 'taken' AND h.agent != '') AS agent,
    minIfOrNull(h.ts, h.step = 'delivered') AS delivered_at,
    toUInt64(max(h.attempt)) AS attempts,
    max(h.is_test) AS is_test
FROM askbuy.handoffs AS h FINAL
WHERE h.step != 'shown'
GROUP BY shop_id, user_id, handoff_id
COMMENT 'Grain: one handoff (shop_id, user_id, handoff_id), test traffic included. Its steps may have come in any order.';

CREATE OR REPLACE VIEW bi.orders_at ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    o.shop_id AS shop_id,
    o.order_id AS order_id,
    o.user_id AS user_id,
    o.status AS status,
    o.amount AS amount,
    o.refunded_amount AS refunded_amount,
    o.net_amount AS net_amount,
    o.currency AS currency,
    o.created_at AS created_at,
    o.paid_at AS paid_at,
    o.cancelled_at AS cancelled_at,
    o.refunded_at AS refunded_at,
    o.coupon AS coupon,
    t.conv_id AS conv_id,
    o.named_conv_id AS named_conv_id,
    o.named_conv_id != '' AND o.paid_at IS NOT NULL AND t.is_explicit = 0 AS explicit_unmatched,
    t.candidates AS touches
FROM (SELECT
    shop_id,
    order_id,
    if(payer != '', payer, namer) AS user_id,
    multiIf(cancelled_at IS NOT NULL, 'cancelled', refunded_at IS NOT NULL, 'refunded', paid_at IS NOT NULL, 'paid', 'created') AS status,
    CAST(least(last_amount, toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS amount,
    CAST(least(greatest(last_cumulative, refunds), toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS refunded_amount,
    if(cancelled_at IS NOT NULL OR paid_at IS NULL, toDecimal64(0, 2), greatest(amount - refunded_amount, toDecimal64(0, 2))) AS net_amount,
    last_currency AS currency,
    created_at,
    paid_at,
    cancelled_at,
    refunded_at,
    last_coupon AS coupon,
    last_conv_id AS named_conv_id
FROM
(
    SELECT
        shop_id,
        order_id,
        argMinIf(e.user_id, (e.ts, e.event_id), e.status = 'paid' AND e.user_id != '') AS payer,
        argMinIf(e.user_id, (e.ts, e.event_id), e.user_id != '') AS namer,
        coalesce(argMaxIf(e.amount, (e.ts, e.event_id), e.amount IS NOT NULL), 0) AS last_amount,
        coalesce(max(e.refunded_amount), 0) AS last_cumulative,
        -- One refund told several times counts as told last: of neighbours with one id only the last is summed.
        arraySort(groupArrayIf((e.refund_id, e.ts, e.event_id, assumeNotNull(e.refund_amount)), e.refund_id != '')) AS told,
        arraySum((x, next_id) -> if(x.1 = next_id, toDecimal128(0, 2), toDecimal128(x.4, 2)), told, arrayPopFront(arrayPushBack(told.1, ''))) AS refunds,
        argMaxIf(e.currency, (e.ts, e.event_id), e.currency != '') AS last_currency,
        argMaxIf(e.coupon, (e.ts, e.event_id), e.coupon != '') AS last_coupon,
        argMaxIf(e.conv_id, (e.ts, e.event_id), e.conv_id != '') AS last_conv_id,
        minIfOrNull(e.ts, e.status = 'created') AS created_at,
        minIfOrNull(e.ts, e.status = 'paid') AS paid_at,
        minIfOrNull(e.ts, e.status = 'cancelled') AS cancelled_at,
        minIfOrNull(e.ts, e.status = 'refunded') AS refunded_at
    FROM askbuy.order_events AS e FINAL
    WHERE e.is_test = 0 AND e.received_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY shop_id, order_id
)) AS o
LEFT JOIN askbuy.order_touches AS t USING (shop_id, order_id, user_id)
COMMENT 'Grain: one order (shop_id, order_id), folded over those of its events that had arrived at a moment: call it as bi.orders_at(as_of = ''2026-11-21 10:00:00.000''), in UTC. Columns as in bi.orders.';

CREATE OR REPLACE VIEW bi.replies ON CLUSTER '{cluster}' (
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
COMMENT 'Grain: one reply of the bot (shop_id, user_id, event_id), test traffic included.';

CREATE OR REPLACE VIEW bi.quality_daily ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    day Date COMMENT 'day of the earliest message of the conversation, in the time zone of the shop',
    channel String COMMENT 'channel of the conversation',
    conversations UInt64 COMMENT 'conversations in which the bot replied',
    deflected UInt64 COMMENT 'of these: no handoff and no message of an agent',
    handed_off UInt64 COMMENT 'of these: a record of a handoff to a human exists',
    first_round_resolved UInt64 COMMENT 'of these: the first reply answers, no handoff, and feedback says resolved, or without such feedback no further message of the shopper within 30 minutes',
    ratings UInt64 COMMENT 'ratings of these conversations, 1 to 5',
    rating_sum UInt64 COMMENT 'their sum',
    replies UInt64 COMMENT 'replies of the bot',
    cost Decimal(18, 6) COMMENT 'what language models cost',
    cost_currency String COMMENT 'currency of the cost; several are listed, and then the cost is no amount',
    first_response_ms_p50 Nullable(Float64) COMMENT 'from the first question until its reply was known, median over the conversations',
    first_response_ms_p95 Nullable(Float64) COMMENT 'the same, 95th percentile',
    deflection_rate Nullable(Float64) COMMENT 'deflected / conversations',
    handoff_rate Nullable(Float64) COMMENT 'handed_off / conversations',
    first_round_resolution_rate Nullable(Float64) COMMENT 'first_round_resolved / conversations',
    csat Nullable(Float64) COMMENT 'rating_sum / ratings; NULL without ratings',
    cost_per_conversation Nullable(Float64) COMMENT 'cost / conversations',
    target_resolution Float64 COMMENT 'first_round_resolution_rate should be above 0.85',
    target_csat Float64 COMMENT 'csat should be at least 4.5',
    target_cost Float64 COMMENT 'cost_per_conversation should be below 0.03 yuan'
) SQL SECURITY INVOKER AS
SELECT
    shop_id, day, channel, n AS conversations, free AS deflected, called AS handed_off, resolved AS first_round_resolved,
    ratings, rating_sum, replies,
    CAST(spent AS Decimal(18, 6)) AS cost,
    arrayStringConcat(currencies, ' ') AS cost_currency,
    times[1] AS first_response_ms_p50,
    times[2] AS first_response_ms_p95,
    divideOrNull(free, n) AS deflection_rate,
    divideOrNull(called, n) AS handoff_rate,
    divideOrNull(resolved, n) AS first_round_resolution_rate,
    divideOrNull(rating_sum, ratings) AS csat,
    divideOrNull(toFloat64(spent), n) AS cost_per_conversation,
    0.85 AS target_resolution,
    4.5 AS target_csat,
    0.03 AS target_cost
FROM
(
    SELECT
        shop_id,
        c.cohort_date AS day,
        channel,
        count() AS n,
        countIf(c.is_deflected) AS free,
        countIf(c.handed_off = 1) AS called,
        countIf(c.is_first_round_resolved) AS resolved,
        sum(c.ratings) AS ratings,
        sum(c.rating_sum) AS rating_sum,
        sum(c.replies) AS replies,
        sum(c.cost) AS spent,
        arraySort(groupUniqArrayArray(c.currencies)) AS currencies,
        quantilesExactInclusive(0.5, 0.95)(c.first_latency_ms) AS times
    FROM askbuy.answered_conversations AS c
    GROUP BY shop_id, day, channel
)
COMMENT 'Grain: shop, day, channel, of the conversations in which the bot replied and that began on the day. Sum the counts and divide the sums, never average a rate. Test traffic is left out.';

CREATE OR REPLACE VIEW bi.unresolved_daily ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    day Date COMMENT 'day of the earliest message of the conversation, in the time zone of the shop',
    reason String COMMENT 'why a conversation is not resolved by the bot, the first that holds: handoff_ and the reason of the first handoff, agent (an agent wrote without one), feedback (the shopper says so), asked_back or no_answer (of the last reply)',
    conversations UInt64 COMMENT 'conversations'
) SQL SECURITY INVOKER AS
SELECT shop_id, c.cohort_date AS day, c.unresolved AS reason, count() AS conversations
FROM askbuy.answered_conversations AS c
WHERE c.unresolved != ''
GROUP BY shop_id, day, reason
COMMENT 'Grain: shop, day, reason, of the conversations in which the bot replied and that it did not resolve. Test traffic is left out.';

CREATE OR REPLACE VIEW bi.shadow_scores ON CLUSTER '{cluster}' (
    shop_id String COMMENT 'shop',
    conv_id String COMMENT 'conversation',
    event_id String COMMENT 'id of the message, unique for its shopper',
    user_id String COMMENT 'shopper as sent',
    ts DateTime64(3, 'UTC') COMMENT 'event time of the message',
    model_id String COMMENT 'the candidate that said this beside the model in force, which bi.messages has',
    evidence Float64 COMMENT 'log-odds of an order that the text adds',
    buy_score Float64 COMMENT 'of the conversation after this message, 0 to 1, three decimals',
    p_order Float64 COMMENT 'calibrated probability of an order after this message',
    p_net Float64 COMMENT 'calibrated probability of an order that is neither cancelled nor refunded'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    conv_id,
    event_id,
    user_id,
    ts,
    toString(model_id) AS model_id,
    evidence,
    buy_score,
    p_order,
    p_net
FROM askbuy.shadow_scores FINAL
COMMENT 'Grain: one message that one candidate scored beside the model in force. It decides nothing; joined to bi.messages by (shop_id, user_id, event_id) it shows what a promotion would change.';

CREATE OR REPLACE VIEW bi.scored_messages_at ON CLUSTER '{cluster}' SQL SECURITY INVOKER AS
SELECT
    u.shop_id AS shop_id,
    u.user_id AS user_id,
    u.conv_id AS conv_id,
    u.unit.2 AS event_id,
    u.unit.1 AS ts,
    toDate(greatest('1970-01-01', formatDateTime(greatest(u.unit.1, toDateTime64(0, 3, 'UTC')), '%F', ifNull(multiIf(z.time_zone != '', z.time_zone, (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = ''), 'Asia/Shanghai'), 'Asia/Shanghai')))) AS day,
    u.unit.3 AS model_id,
    u.unit.4 AS buy_score,
    u.unit.5 AS p_order,
    toUInt8(least(u.number, 5)) AS prefix,
    1 / u.units AS weight,
    toUInt8(arrayExists(at -> at > ts AND at <= ts + toIntervalHour(72), u.kept_at)) AS y,
    u.order_id AS order_id,
    toUInt8(notEmpty(u.kept_at)) AS is_kept
FROM
(
    SELECT shop_id, user_id, conv_id, order_id, kept_at, length(before) AS units, unit, number
    FROM
    (
        SELECT
            s.shop_id AS shop_id,
            s.user_id AS user_id,
            s.conv_id AS conv_id,
            o.order_id AS order_id,
            o.kept_at AS kept_at,
            arrayFilter(m -> o.orders = 0 OR m.1 < o.ordered_at, s.scored) AS before
        FROM
        (
            SELECT
                shop_id,
                user_id,
                conv_id,
                arraySort(groupArray((m.ts, m.event_id, toString(m.model_id), m.buy_score, m.p_order))) AS scored
            FROM askbuy.message_scores AS m FINAL
    WHERE (shop_id, user_id, event_id) NOT IN (SELECT shop_id, user_id, event_id FROM askbuy.messages WHERE received_at > {as_of:DateTime64(3, 'UTC')})
            GROUP BY shop_id, user_id, conv_id
            HAVING max(m.ts) <= {as_of:DateTime64(3, 'UTC')} - toIntervalHour(72)
        ) AS s
        LEFT JOIN (SELECT
    t.shop_id AS shop_id,
    t.user_id AS user_id,
    t.conv_id AS conv_id,
    count() AS orders,
    argMin(t.order_id, (o.paid_at, t.order_id)) AS order_id,
    min(o.paid_at) AS ordered_at,
    max(o.paid_at) AS last_ordered_at,
    maxIfOrNull(o.paid_at, o.net_amount > 0) AS last_kept_at,
    groupArray(o.paid_at) AS paid_at_all,
    groupArrayIf(o.paid_at, o.net_amount > 0) AS kept_at,
    groupArrayIf(o.paid_at, o.refunded_amount > 0) AS refunded_paid_at,
    any(o.reporting_currency) AS reporting_currency,
    argMin(o.coupon, (o.paid_at, t.order_id)) AS coupon,
    CAST(least(sumIf(o.amount, o.is_reporting), toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS order_amount,
    CAST(least(sumIf(o.net_amount, o.is_reporting), toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS net_amount,
    countIf(NOT o.is_reporting) AS other_currency_orders
FROM askbuy.order_touches AS t
INNER JOIN (SELECT
    o.shop_id AS shop_id,
    o.order_id AS order_id,
    o.user_id AS user_id,
    o.amount AS amount,
    o.refunded_amount AS refunded_amount,
    o.net_amount AS net_amount,
    o.coupon AS coupon,
    assumeNotNull(o.paid_at) AS paid_at,
    ifNull(multiIf(z.reporting_currency != '', z.reporting_currency, (SELECT any(reporting_currency) FROM askbuy.shops FINAL WHERE shop_id = '') != '', (SELECT any(reporting_currency) FROM askbuy.shops FINAL WHERE shop_id = ''), o.first_currency), '') AS reporting_currency,
    o.currency = '' OR o.currency = reporting_currency AS is_reporting
FROM
(
    SELECT shop_id, order_id, user_id, amount, refunded_amount, net_amount, currency, coupon, paid_at,
        argMinIf(currency, (paid_at, order_id), currency != '') OVER (PARTITION BY shop_id) AS first_currency
    FROM (SELECT
    shop_id,
    order_id,
    if(payer != '', payer, namer) AS user_id,
    multiIf(cancelled_at IS NOT NULL, 'cancelled', refunded_at IS NOT NULL, 'refunded', paid_at IS NOT NULL, 'paid', 'created') AS status,
    CAST(least(last_amount, toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS amount,
    CAST(least(greatest(last_cumulative, refunds), toDecimal128('9999999999999999.99', 2)) AS Decimal(18, 2)) AS refunded_amount,
    if(cancelled_at IS NOT NULL OR paid_at IS NULL, toDecimal64(0, 2), greatest(amount - refunded_amount, toDecimal64(0, 2))) AS net_amount,
    last_currency AS currency,
    created_at,
    paid_at,
    cancelled_at,
    refunded_at,
    last_coupon AS coupon,
    last_conv_id AS named_conv_id
FROM
(
    SELECT
        shop_id,
        order_id,
        argMinIf(e.user_id, (e.ts, e.event_id), e.status = 'paid' AND e.user_id != '') AS payer,
        argMinIf(e.user_id, (e.ts, e.event_id), e.user_id != '') AS namer,
        coalesce(argMaxIf(e.amount, (e.ts, e.event_id), e.amount IS NOT NULL), 0) AS last_amount,
        coalesce(max(e.refunded_amount), 0) AS last_cumulative,
        -- One refund told several times counts as told last: of neighbours with one id only the last is summed.
        arraySort(groupArrayIf((e.refund_id, e.ts, e.event_id, assumeNotNull(e.refund_amount)), e.refund_id != '')) AS told,
        arraySum((x, next_id) -> if(x.1 = next_id, toDecimal128(0, 2), toDecimal128(x.4, 2)), told, arrayPopFront(arrayPushBack(told.1, ''))) AS refunds,
        argMaxIf(e.currency, (e.ts, e.event_id), e.currency != '') AS last_currency,
        argMaxIf(e.coupon, (e.ts, e.event_id), e.coupon != '') AS last_coupon,
        argMaxIf(e.conv_id, (e.ts, e.event_id), e.conv_id != '') AS last_conv_id,
        minIfOrNull(e.ts, e.status = 'created') AS created_at,
        minIfOrNull(e.ts, e.status = 'paid') AS paid_at,
        minIfOrNull(e.ts, e.status = 'cancelled') AS cancelled_at,
        minIfOrNull(e.ts, e.status = 'refunded') AS refunded_at
    FROM askbuy.order_events AS e FINAL
    WHERE e.is_test = 0 AND e.received_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY shop_id, order_id
))
    WHERE paid_at IS NOT NULL
) AS o
LEFT JOIN (SELECT shop_id, reporting_currency FROM askbuy.shops FINAL) AS z USING (shop_id)) AS o USING (shop_id, order_id, user_id)
WHERE t.conv_id != ''
GROUP BY shop_id, user_id, conv_id) AS o USING (shop_id, user_id, conv_id)
    )
    ARRAY JOIN before AS unit, arrayEnumerate(before) AS number
) AS u
LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
COMMENT 'Grain: one message that scores are judged by, made of what had arrived at a moment: call it as bi.scored_messages_at(as_of = ''2026-11-21 10:00:00.000''), in UTC. Counted is every user message before the first attributed order of its conversation, once the last user message of the conversation is 72 h old; bi.score_quality is the sum of these of now. Columns: shop_id; user_id; conv_id; event_id; ts; day, in the time zone of the shop; model_id, buy_score and p_order as in bi.messages; prefix, the how many-th user message of its conversation, 5 the fifth and all later ones; weight, a conversation weighs 1, shared equally by its messages; y, 1 when an attributed order that is kept was paid within 72 h after the message; order_id, the first attributed order of the conversation; is_kept, 1 when some attributed order of it is kept.';

