-- 优惠券带来的订单留下来了吗?
-- Are orders with a coupon kept?
SELECT
    if(coupon = '', '-', coupon) AS coupon_or_none,
    count() AS paid,
    countIf(net_amount > 0) AS kept_orders,
    countIf(conv_id != '') AS after_a_chat,
    divideOrNull(kept_orders, paid) AS kept_rate,
    sum(amount) AS gross,
    sum(net_amount) AS net
FROM bi.orders
WHERE shop_id = 'default' AND paid_at >= now() - INTERVAL 30 DAY
GROUP BY coupon_or_none
ORDER BY paid DESC
