-- Model 归因 Attribution: credit by conversation, model and window. Filter one model and one window in every question.
SELECT
    a.model AS attribution_model, a.window_hours AS window_hours, a.shop_id AS shop_id, a.order_id AS order_id, a.conv_id AS conv_id,
    c.channel AS channel, c.intent AS intent, a.credit AS credit, a.credit * toFloat64(a.net_amount) AS credited_net
FROM bi.attribution_models AS a
INNER JOIN bi.conversations AS c ON c.shop_id = a.shop_id AND c.conv_id = a.conv_id AND c.user_id = a.user_id
