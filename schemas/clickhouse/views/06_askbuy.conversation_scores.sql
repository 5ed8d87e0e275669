-- The scores of a conversation: latest and peak, its intent, and its place among the shop's conversations.
CREATE OR REPLACE VIEW askbuy.conversation_scores {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    shop_id,
    user_id,
    conv_id,
    toNullable(latest.1) AS buy_score,
    toNullable(peak) AS buy_score_peak,
    toNullable(latest.2) AS p_order,
    latest.3 AS model_id,
    toNullable(latest.4) AS p_net,
    subject.1 AS intent,
    subject.2 AS intent_path,
    high_intent_at,
    bargains,
    if(latest.1 >= 0.7, 'high', 'low') AS intent_level,
    toNullable((rank() OVER (PARTITION BY shop_id ORDER BY latest.1) - 1) / count() OVER (PARTITION BY shop_id)) AS score_percentile
FROM
(
    SELECT
        shop_id,
        user_id,
        conv_id,
        argMax((s.buy_score, s.p_order, toString(s.model_id), s.p_net), (s.ts, s.event_id)) AS latest,
        max(s.buy_score) AS peak,
        minIfOrNull(s.ts, s.buy_score >= 0.7) AS high_intent_at,
        countIf(s.act = 'bargain') AS bargains,
        argMin((toString(s.intent), s.intent_path), (-s.evidence, s.ts, s.event_id)) AS subject
    FROM askbuy.message_scores AS s FINAL
    GROUP BY shop_id, user_id, conv_id
)
