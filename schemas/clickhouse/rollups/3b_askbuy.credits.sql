-- Credit by a model and a window, as bi.attribution has it, of whoever's orders: to be joined with the paid ones by
-- shop, order and shopper.
CREATE OR REPLACE VIEW askbuy.credits {{.OnCluster}} SQL SECURITY INVOKER AS
{{template "credit" "(SELECT shop_id, order_id, user_id, order_at, touches, {model:String} AS model, {window_hours:UInt32} AS window_hours FROM askbuy.touches FINAL)"}}
