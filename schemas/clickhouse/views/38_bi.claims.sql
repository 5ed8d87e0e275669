CREATE OR REPLACE VIEW bi.claims {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    day Date COMMENT 'day in the time zone of the shop: of the first claim of a conversation, of the payment of an order, of the earliest message of a conversation that bargains',
    claimed UInt64 COMMENT 'conversations in which the shopper says that something is bought (act purchase_claim)',
    claim_messages UInt64 COMMENT 'messages that say so',
    ordered UInt64 COMMENT 'of claimed: the shopper paid an order from 30 days before a claim to 72 h after it',
    kept UInt64 COMMENT 'of claimed: one of these orders is kept (neither cancelled nor wholly refunded)',
    not_ordered UInt64 COMMENT 'claimed - ordered: claims without an order',
    kept_rate Nullable(Float64) COMMENT 'kept / claimed; NULL without claims',
    maturity Nullable(Float64) COMMENT 'share of claimed whose first claim is 72 h old at query time; NULL without claims',
    orders UInt64 COMMENT 'orders paid on the day',
    cancelled UInt64 COMMENT 'of orders: cancelled by now',
    refunded UInt64 COMMENT 'of orders: wholly refunded by now, and not cancelled',
    cancel_rate Nullable(Float64) COMMENT 'cancelled / orders',
    refund_rate Nullable(Float64) COMMENT 'refunded / orders',
    bargaining UInt64 COMMENT 'conversations with 2 or more messages that bargain',
    bargaining_without_cart UInt64 COMMENT 'of bargaining: nothing was put into the cart or ordered',
    suspected UInt64 COMMENT 'conversations that began on the day with a fake_intent_score of 0.5 or more'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    day,
    sum(e.claimed) AS claimed,
    sum(e.claim_messages) AS claim_messages,
    sum(e.ordered) AS ordered,
    sum(e.kept) AS kept,
    claimed - ordered AS not_ordered,
    divideOrNull(kept, claimed) AS kept_rate,
    divideOrNull(sum(e.closed), claimed) AS maturity,
    sum(e.orders) AS orders,
    sum(e.cancelled) AS cancelled,
    sum(e.refunded) AS refunded,
    divideOrNull(cancelled, orders) AS cancel_rate,
    divideOrNull(refunded, orders) AS refund_rate,
    sum(e.bargaining) AS bargaining,
    sum(e.bargaining_without_cart) AS bargaining_without_cart,
    sum(e.suspected) AS suspected
FROM
(
    SELECT k.shop_id AS shop_id, {{template "day" "k.first_claim_at"}} AS day, 1 AS claimed, k.claims AS claim_messages,
        k.is_ordered AS ordered, k.is_kept AS kept, k.first_claim_at <= now64(3, 'UTC') - toIntervalHour(72) AS closed,
        0 AS orders, 0 AS cancelled, 0 AS refunded, 0 AS bargaining, 0 AS bargaining_without_cart, 0 AS suspected
    FROM askbuy.conversation_claims AS k
    LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
    UNION ALL
    SELECT o.shop_id AS shop_id, {{template "day" "o.at"}} AS day, 0, 0, 0, 0, 0, 1, o.is_cancelled, o.is_refunded, 0, 0, 0
    FROM
    (
        SELECT shop_id, assumeNotNull(paid_at) AS at, cancelled_at IS NOT NULL AS is_cancelled,
            cancelled_at IS NULL AND amount > 0 AND net_amount = 0 AS is_refunded
        FROM askbuy.order_fold
        WHERE paid_at IS NOT NULL
    ) AS o
    LEFT JOIN (SELECT shop_id, time_zone FROM askbuy.shops FINAL) AS z USING (shop_id)
    UNION ALL
    SELECT shop_id, cohort_date AS day, 0, 0, 0, 0, 0, 0, 0, 0, bargains >= 2, bargains >= 2 AND is_carted = 0 AND orders = 0, fake_intent_score >= 0.5
    FROM askbuy.conversation_rows
    WHERE bargains >= 2 OR fake_intent_score >= 0.5
) AS e
GROUP BY shop_id, day
COMMENT 'Grain: one day of a shop. What shoppers claim against what they order and keep. A claim is a message with the act purchase_claim; it is met by any order of the shopper that was paid from 30 days before it to 72 h after it.'
