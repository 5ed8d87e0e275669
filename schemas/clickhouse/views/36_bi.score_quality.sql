CREATE OR REPLACE VIEW bi.score_quality {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    model_id String COMMENT 'model that scored the messages',
    day Date COMMENT 'day of the message in the time zone of the shop',
    score String COMMENT 'p_order (50 bins) or buy_score (100 bins)',
    prefix UInt8 COMMENT 'the how many-th user message of its conversation; 5 is the fifth and all later ones',
    bin UInt8 COMMENT 'from 0: bin b of k holds scores from b / k to below (b + 1) / k, the last one 1 as well',
    n Float64 COMMENT 'sum of weights: a conversation weighs 1, shared equally by its messages',
    messages UInt64 COMMENT 'number of messages',
    sum_p Float64 COMMENT 'weighted sum of the score: of p_order, the expected orders',
    sum_y Float64 COMMENT 'weighted sum of outcomes: 1 when an attributed order that is kept was paid within 72 h after the message'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    model_id,
    day,
    one.1 AS score,
    prefix,
    toUInt8(least(one.3 - 1, floor(round(one.2 * one.3, 6)))) AS bin,
    round(sum(weight), 9) AS n,
    count() AS messages,
    round(sum(weight * one.2), 9) AS sum_p,
    round(sum(weight * y), 9) AS sum_y
FROM askbuy.score_units
ARRAY JOIN [('p_order', p_order, 50), ('buy_score', buy_score, 100)] AS one
GROUP BY shop_id, model_id, day, score, prefix, bin
COMMENT 'Grain: one bin of a score, by shop, model, day and number of the message. Counted is every user message before the first attributed order of its conversation, once the last user message of the conversation is 72 h old. Sums may be added up over rows of one score: mean score sum_p / n against rate sum_y / n is the reliability diagram.'
