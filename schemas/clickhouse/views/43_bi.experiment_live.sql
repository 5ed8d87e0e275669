CREATE OR REPLACE VIEW bi.experiment_live {{.OnCluster}} (
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
    SELECT *, {{template "live"}}
    FROM
    (
        SELECT
            *,
            {{template "adjusted" "c"}} AS var_num_c,
            {{template "adjusted" "t"}} AS var_num_t,
            theta * (mean_pre_t - mean_pre_c) AS shift,
            {{template "srm_p"}} AS srm_p
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
                {{template "theta" "e.m.is_adjusted = 1"}} AS theta
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
COMMENT 'Grain: experiment, metric, treatment, over the units as refreshed last. The closed form of what askbuy experiment report says while an experiment runs: no p of a single look, for whoever sees one stops on it.'
