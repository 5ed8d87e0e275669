CREATE OR REPLACE VIEW bi.shops {{.OnCluster}} (
    shop_id String COMMENT 'shop that has any event, or is configured',
    time_zone String COMMENT 'IANA name; days are in this zone',
    reporting_currency String COMMENT 'currency of its amounts: the configured one, else that of its first paid order that has one; empty while unknown'
) SQL SECURITY INVOKER AS
SELECT
    f.shop_id AS shop_id,
    {{template "time_zone"}} AS time_zone,
    {{template "currency" "c.first_currency"}} AS reporting_currency
FROM
(
    SELECT DISTINCT shop_id
    FROM
    (
        SELECT shop_id FROM askbuy.messages
        UNION ALL SELECT shop_id FROM askbuy.order_events
        UNION ALL SELECT shop_id FROM askbuy.behaviors
        UNION ALL SELECT shop_id FROM askbuy.exposures
        UNION ALL SELECT shop_id FROM askbuy.feedback
        UNION ALL SELECT shop_id FROM askbuy.aliases
        UNION ALL SELECT shop_id FROM askbuy.handoffs
        UNION ALL SELECT shop_id FROM askbuy.shops
    )
    WHERE shop_id != ''
) AS f
LEFT JOIN (SELECT shop_id, time_zone, reporting_currency FROM askbuy.shops FINAL) AS z USING (shop_id)
LEFT JOIN
(
    SELECT shop_id, argMinIf(currency, (paid_at, order_id), currency != '') AS first_currency
    FROM askbuy.order_fold
    WHERE paid_at IS NOT NULL
    GROUP BY shop_id
) AS c USING (shop_id)
COMMENT 'Grain: one shop, with the settings in effect.'
