CREATE MATERIALIZED VIEW IF NOT EXISTS askbuy.shop_list_refresh {{.OnCluster}}
REFRESH AFTER 30 SECOND
TO askbuy.shop_list
AS SELECT
    shop_id, time_zone, reporting_currency, channels
FROM askbuy.shop_rollup
SETTINGS query_plan_optimize_join_order_limit = 0
