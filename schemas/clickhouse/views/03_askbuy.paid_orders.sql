-- Orders that were paid, each with its shop's reporting currency: the configured one, else that of the shop's
-- first paid order that has one.
CREATE OR REPLACE VIEW askbuy.paid_orders {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "paid_orders" ""}}
