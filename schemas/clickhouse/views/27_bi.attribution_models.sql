CREATE OR REPLACE VIEW bi.attribution_models {{.OnCluster}} (
    model String COMMENT 'last_touch, first_touch, linear, position or time_decay: choose one',
    window_hours UInt32 COMMENT '1, 24, 72, 168 or 720: choose one',
    shop_id String COMMENT 'shop',
    order_id String COMMENT 'paid order',
    conv_id String COMMENT 'conversation with credit for it',
    user_id String COMMENT 'shopper',
    credit Float64 COMMENT 'above 0; sums to 1 over an order, a model and a window',
    order_amount Decimal(18, 2) COMMENT 'of the whole order: multiply by credit',
    net_amount Decimal(18, 2) COMMENT 'of the whole order: multiply by credit'
) SQL SECURITY INVOKER AS
SELECT t.model AS model, t.window_hours AS window_hours, t.shop_id AS shop_id, t.order_id AS order_id, t.conv_id AS conv_id,
    t.user_id AS user_id, t.credit AS credit, o.amount AS order_amount, o.net_amount AS net_amount
FROM
(
    {{template "credit" "askbuy.touches_by_model"}}
) AS t
INNER JOIN askbuy.paid_orders AS o USING (shop_id, order_id, user_id)
COMMENT 'Grain: one conversation with credit for one paid order, by model and window: filter both. The same as bi.attribution, for tools that cannot pass parameters.'
