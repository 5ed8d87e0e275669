-- Shoppers who lost orders: cancelled or wholly refunded ones, among those that they paid.
CREATE OR REPLACE VIEW askbuy.lost_orders {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    shop_id,
    user_id,
    count() AS paid,
    countIf(cancelled_at IS NOT NULL OR (amount > 0 AND net_amount = 0)) AS lost
FROM askbuy.order_fold
WHERE paid_at IS NOT NULL AND user_id != ''
GROUP BY shop_id, user_id
HAVING lost > 0
