CREATE OR REPLACE VIEW bi.experiments {{.OnCluster}} (
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
COMMENT 'Grain: experiment, variant, of the experiments that are registered.'
