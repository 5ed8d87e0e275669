CREATE OR REPLACE VIEW bi.funnel_daily {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    day Date COMMENT 'day of the earliest message of the conversation, in the time zone of the shop',
    channel String COMMENT 'channel of the conversation',
    intent String COMMENT 'topic of the conversation; empty without scored messages',
    conversations UInt64 COMMENT 'conversations that began on the day',
    high_intent UInt64 COMMENT 'of these: reached a score of 0.7',
    carted UInt64 COMMENT 'of these: last touch within 72 h of an add_to_cart',
    ordered UInt64 COMMENT 'of these: last touch within 72 h of a paid order',
    high_intent_ordered UInt64 COMMENT 'of these: some attributed order at or after high intent',
    low_intent_ordered UInt64 COMMENT 'of these: ordered, never high',
    high_intent_kept UInt64 COMMENT 'of these: some attributed kept order at or after high intent',
    kept UInt64 COMMENT 'of these: some attributed order with a net amount above 0',
    gross_amount Decimal(18, 2) COMMENT 'amounts of the attributed orders, cancelled ones too, in the reporting currency',
    net_amount Decimal(18, 2) COMMENT 'net amounts of the attributed orders, in the reporting currency',
    other_currency_orders UInt64 COMMENT 'attributed orders in another currency, in no amount',
    high_intent_rate Nullable(Float64) COMMENT 'high_intent / conversations',
    intent_to_order_rate Nullable(Float64) COMMENT 'high_intent_ordered / high_intent; NULL when nothing was high',
    intent_to_order_low Nullable(Float64) COMMENT 'lower end of its 95 % Wilson interval',
    intent_to_order_high Nullable(Float64) COMMENT 'upper end of its 95 % Wilson interval',
    intent_lift Nullable(Float64) COMMENT 'intent_to_order_rate / (low_intent_ordered / (conversations - high_intent))',
    maturity Nullable(Float64) COMMENT 'share of the conversations whose 72 h after the last user message are over; below 1 the rates may still rise',
    kept_maturity Nullable(Float64) COMMENT 'the same with 15 days, for kept orders'
) SQL SECURITY INVOKER AS
SELECT
    shop_id, day, channel, intent, n AS conversations, high AS high_intent, carted, ordered,
    hits AS high_intent_ordered, misses AS low_intent_ordered, high_intent_kept, kept,
    {{money "gross"}} AS gross_amount,
    {{money "net"}} AS net_amount,
    other_currency AS other_currency_orders,
    divideOrNull(high, n) AS high_intent_rate,
    divideOrNull(hits, high) AS intent_to_order_rate,
    {{template "wilson_low"}} AS intent_to_order_low,
    {{template "wilson_high"}} AS intent_to_order_high,
    divideOrNull(intent_to_order_rate, divideOrNull(misses, n - high)) AS intent_lift,
    divideOrNull(closed, answered) AS maturity,
    divideOrNull(settled, answered) AS kept_maturity
FROM
(
    SELECT
        shop_id,
        c.cohort_date AS day,
        channel,
        intent,
        count() AS n,
        countIf(c.high_intent_at IS NOT NULL) AS high,
        countIf(c.is_carted = 1) AS carted,
        countIf(c.is_ordered = 1) AS ordered,
        countIf(c.is_ordered_after_high = 1) AS hits,
        countIf(c.is_ordered = 1 AND c.high_intent_at IS NULL) AS misses,
        countIf(c.is_kept_after_high = 1) AS high_intent_kept,
        countIf(c.is_kept = 1) AS kept,
        sum(c.order_amount) AS gross,
        sum(c.net_amount) AS net,
        sum(c.other_currency_orders) AS other_currency,
        countIf(c.last_user_message_at IS NOT NULL) AS answered,
        countIf(c.last_user_message_at <= now64(3, 'UTC') - toIntervalHour(72)) AS closed,
        countIf(c.last_user_message_at <= now64(3, 'UTC') - toIntervalDay(15)) AS settled
    FROM askbuy.conversation_rows AS c
    GROUP BY shop_id, day, channel, intent
)
COMMENT 'Grain: shop, day, channel, intent, of the conversations that began on the day. Sum the counts and divide the sums, never average a rate; give a sum another name than its column (sum(ordered) AS orders_sum), or ClickHouse answers ILLEGAL_AGGREGATION. Test traffic is left out.'
