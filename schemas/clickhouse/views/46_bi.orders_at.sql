CREATE OR REPLACE VIEW bi.orders_at {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "orders_at" .}}
COMMENT 'Grain: one order (shop_id, order_id), folded over those of its events that had arrived at a moment: call it as bi.orders_at(as_of = ''2026-11-21 10:00:00.000''), in UTC. Columns as in bi.orders.'
