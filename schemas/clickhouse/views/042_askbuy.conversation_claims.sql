-- Conversations that claim: how often, how often for nothing, and how often the shopper did so elsewhere in the shop.
CREATE OR REPLACE VIEW askbuy.conversation_claims {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    shop_id,
    user_id,
    conv_id,
    first_claim_at,
    claims,
    unmet,
    sum(unmet) OVER (PARTITION BY shop_id, user_id) - unmet AS unmet_elsewhere,
    is_ordered,
    is_kept
FROM
(
    SELECT
        shop_id,
        user_id,
        conv_id,
        min(c.ts) AS first_claim_at,
        count() AS claims,
        countIf(c.is_ordered = 0) AS unmet,
        max(c.is_ordered) AS is_ordered,
        max(c.is_kept) AS is_kept
    FROM askbuy.claims AS c
    GROUP BY shop_id, user_id, conv_id
)
