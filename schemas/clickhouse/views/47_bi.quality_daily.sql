CREATE OR REPLACE VIEW bi.quality_daily {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    day Date COMMENT 'day of the earliest message of the conversation, in the time zone of the shop',
    channel String COMMENT 'channel of the conversation',
    conversations UInt64 COMMENT 'conversations in which the bot replied',
    deflected UInt64 COMMENT 'of these: no handoff and no message of an agent',
    handed_off UInt64 COMMENT 'of these: a record of a handoff to a human exists',
    first_round_resolved UInt64 COMMENT 'of these: the first reply answers, no handoff, and feedback says resolved, or without such feedback no further message of the shopper within 30 minutes',
    ratings UInt64 COMMENT 'ratings of these conversations, 1 to 5',
    rating_sum UInt64 COMMENT 'their sum',
    replies UInt64 COMMENT 'replies of the bot',
    cost Decimal(18, 6) COMMENT 'what language models cost',
    cost_currency String COMMENT 'currency of the cost; several are listed, and then the cost is no amount',
    first_response_ms_p50 Nullable(Float64) COMMENT 'from the first question until its reply was known, median over the conversations',
    first_response_ms_p95 Nullable(Float64) COMMENT 'the same, 95th percentile',
    deflection_rate Nullable(Float64) COMMENT 'deflected / conversations',
    handoff_rate Nullable(Float64) COMMENT 'handed_off / conversations',
    first_round_resolution_rate Nullable(Float64) COMMENT 'first_round_resolved / conversations',
    csat Nullable(Float64) COMMENT 'rating_sum / ratings; NULL without ratings',
    cost_per_conversation Nullable(Float64) COMMENT 'cost / conversations',
    target_resolution Float64 COMMENT 'first_round_resolution_rate should be above 0.85',
    target_csat Float64 COMMENT 'csat should be at least 4.5',
    target_cost Float64 COMMENT 'cost_per_conversation should be below 0.03 yuan'
) SQL SECURITY INVOKER AS
SELECT
    shop_id, day, channel, n AS conversations, free AS deflected, called AS handed_off, resolved AS first_round_resolved,
    ratings, rating_sum, replies,
    CAST(spent AS Decimal(18, 6)) AS cost,
    arrayStringConcat(currencies, ' ') AS cost_currency,
    times[1] AS first_response_ms_p50,
    times[2] AS first_response_ms_p95,
    divideOrNull(free, n) AS deflection_rate,
    divideOrNull(called, n) AS handoff_rate,
    divideOrNull(resolved, n) AS first_round_resolution_rate,
    divideOrNull(rating_sum, ratings) AS csat,
    divideOrNull(toFloat64(spent), n) AS cost_per_conversation,
    0.85 AS target_resolution,
    4.5 AS target_csat,
    0.03 AS target_cost
FROM
(
    SELECT
        shop_id,
        c.cohort_date AS day,
        channel,
        count() AS n,
        countIf(c.is_deflected) AS free,
        countIf(c.handed_off = 1) AS called,
        countIf(c.is_first_round_resolved) AS resolved,
        sum(c.ratings) AS ratings,
        sum(c.rating_sum) AS rating_sum,
        sum(c.replies) AS replies,
        sum(c.cost) AS spent,
        arraySort(groupUniqArrayArray(c.currencies)) AS currencies,
        quantilesExactInclusive(0.5, 0.95)(c.first_latency_ms) AS times
    FROM askbuy.answered_conversations AS c
    GROUP BY shop_id, day, channel
)
COMMENT 'Grain: shop, day, channel, of the conversations in which the bot replied and that began on the day. Sum the counts and divide the sums, never average a rate. Test traffic is left out.'
