-- Messages that say something is bought, with what the shopper really ordered: a claim is met by an order that was
-- paid at most 30 days before it or 72 h after it.
CREATE OR REPLACE VIEW askbuy.claims {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    s.shop_id AS shop_id,
    s.user_id AS user_id,
    s.conv_id AS conv_id,
    s.event_id AS event_id,
    s.ts AS ts,
    arrayFilter(o -> o.1 >= s.ts - toIntervalDay(30) AND o.1 <= s.ts + toIntervalHour(72), o.paid) AS met,
    notEmpty(met) AS is_ordered,
    arrayExists(o -> o.2, met) AS is_kept
FROM (SELECT shop_id, user_id, conv_id, event_id, ts FROM askbuy.message_scores FINAL WHERE act = 'purchase_claim') AS s
LEFT JOIN
(
    SELECT shop_id, user_id, groupArray((assumeNotNull(paid_at), net_amount > 0)) AS paid
    FROM askbuy.order_fold
    WHERE paid_at IS NOT NULL
    GROUP BY shop_id, user_id
) AS o USING (shop_id, user_id)
