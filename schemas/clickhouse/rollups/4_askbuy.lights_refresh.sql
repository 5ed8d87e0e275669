CREATE MATERIALIZED VIEW IF NOT EXISTS askbuy.lights_refresh {{.OnCluster}}
REFRESH AFTER 5 SECOND
TO askbuy.lights
AS SELECT
    through, is_known, in_flight, unexplained
FROM askbuy.lights_now
SETTINGS query_plan_optimize_join_order_limit = 0
