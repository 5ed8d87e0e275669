-- 实验的最近一次结论:先看 warnings 与 verdict。
-- The newest verdict of each experiment: read warnings and verdict first.
SELECT experiment, metric, role, variant, verdict, reason, n_c, n_t, value_c, value_t, diff, decision_lo, decision_hi, lift, warnings
FROM bi.experiment_results
WHERE (experiment, snapshot_at) IN (SELECT r.experiment, max(r.snapshot_at) FROM bi.experiment_results AS r GROUP BY r.experiment)
ORDER BY experiment, role, metric, variant
