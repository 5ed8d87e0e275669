-- Orders that were paid, each with its shop's reporting currency: the configured one, else that of the shop's
-- first paid order that has one.
CREATE OR REPLACE VIEW askbuy.paid_orders {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    o.shop_id AS shop_id,
    o.order_id AS order_id,
    o.user_id AS user_id,
    o.amount AS amount,
    o.net_amount AS net_amount,
    assumeNotNull(o.paid_at) AS paid_at,
    {{template "currency" "o.first_currency"}} AS reporting_currency,
    o.currency = '' OR o.currency = reporting_currency AS is_reporting
FROM
(
    SELECT shop_id, order_id, user_id, amount, net_amount, currency, paid_at,
        argMinIf(currency, (paid_at, order_id), currency != '') OVER (PARTITION BY shop_id) AS first_currency
    FROM askbuy.order_fold
    WHERE paid_at IS NOT NULL
) AS o
LEFT JOIN (SELECT shop_id, reporting_currency FROM askbuy.shops FINAL) AS z USING (shop_id)
