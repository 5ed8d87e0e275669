CREATE OR REPLACE VIEW bi.attribution {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT t.shop_id AS shop_id, t.order_id AS order_id, t.conv_id AS conv_id, t.user_id AS user_id, t.credit AS credit,
    o.amount AS order_amount, o.net_amount AS net_amount
FROM
(
    {{template "credit" "(SELECT shop_id, order_id, user_id, order_at, touches, {model:String} AS model, {window_hours:UInt32} AS window_hours FROM askbuy.touches FINAL)"}}
) AS t
INNER JOIN askbuy.paid_orders AS o USING (shop_id, order_id, user_id)
COMMENT 'Grain: one conversation with credit for one paid order. Call it as bi.attribution(model = ''linear'', window_hours = 168); models: last_touch, first_touch, linear, position, time_decay. Columns: shop_id; order_id; conv_id; user_id; credit, above 0, summing to 1 over an order; order_amount and net_amount of the whole order (multiply by credit). bi.attribution_models has the same as ordinary columns.'
