-- Touches once for every model and window on offer. CROSS JOINs and not ARRAY JOINs, which would keep a filter
-- on a shop, a model or a window from reaching the table.
CREATE OR REPLACE VIEW askbuy.touches_by_model {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT t.shop_id AS shop_id, t.order_id AS order_id, t.user_id AS user_id, t.order_at AS order_at, t.touches AS touches, m.model AS model, w.window_hours AS window_hours
FROM (SELECT shop_id, order_id, user_id, order_at, touches FROM askbuy.touches FINAL) AS t
CROSS JOIN (SELECT arrayJoin(['last_touch', 'first_touch', 'linear', 'position', 'time_decay']) AS model) AS m
CROSS JOIN (SELECT toUInt32(arrayJoin([1, 24, 72, 168, 720])) AS window_hours) AS w
