-- What pages say of shops.
CREATE OR REPLACE VIEW askbuy.shop_rollup {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT s.shop_id AS shop_id, s.time_zone AS time_zone, s.reporting_currency AS reporting_currency, c.channels AS channels
FROM bi.shops AS s
LEFT JOIN
(
    SELECT m.shop_id AS shop_id, arraySort(arrayFilter(x -> x != '', groupUniqArray(toString(m.channel)))) AS channels
    FROM askbuy.messages AS m
    WHERE m.is_test = 0
    GROUP BY shop_id
) AS c ON c.shop_id = s.shop_id
