-- 回头客:聊过几次才买?
-- Shoppers who come back: how many conversations before they buy?
SELECT
    least(conversations, 5) AS conversations_up_to_5,
    count() AS shoppers,
    countIf(bought > 0) AS buyers,
    divideOrNull(buyers, shoppers) AS share_that_buys
FROM
(
    SELECT c.user_id AS shopper, count() AS conversations, sum(c.orders) AS bought
    FROM bi.conversations AS c
    WHERE c.shop_id = 'default' AND c.cohort_date >= today() - 90
    GROUP BY shopper
)
GROUP BY conversations_up_to_5
ORDER BY conversations_up_to_5
