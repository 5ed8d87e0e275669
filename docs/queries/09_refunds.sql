-- 退款和取消:聊过的订单与没聊过的订单相比。订单满 15 天才算。
-- Refunds and cancellations: orders after a chat against the others, once they are 15 days old.
SELECT
    if(conv_id = '', 'without a chat', 'after a chat') AS kind,
    count() AS paid,
    countIf(status = 'cancelled') AS cancelled,
    countIf(status = 'refunded') AS refunded,
    countIf(net_amount < amount) / nullIf(paid, 0) AS lost_something,
    sum(amount) AS gross,
    sum(net_amount) AS net
FROM bi.orders
WHERE shop_id = 'default' AND paid_at <= now() - INTERVAL 15 DAY
GROUP BY kind
ORDER BY kind
