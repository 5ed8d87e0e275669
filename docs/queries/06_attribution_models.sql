-- 换一种归因模型,各渠道的功劳差多少?窗口 168 小时。
-- How much does the credit of the channels depend on the model? Window of 168 hours.
SELECT
    a.model AS attribution_model,
    c.channel AS by_channel,
    sum(a.credit) AS orders,
    sum(a.credit * toFloat64(a.net_amount)) AS net
FROM bi.attribution_models AS a
INNER JOIN bi.conversations AS c ON c.shop_id = a.shop_id AND c.conv_id = a.conv_id AND c.user_id = a.user_id
WHERE a.shop_id = 'default' AND c.shop_id = 'default' AND a.window_hours = 168
GROUP BY attribution_model, by_channel
ORDER BY attribution_model, orders DESC
