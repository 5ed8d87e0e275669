-- Model 会话 Conversations: one row a conversation, with what it led to. In Metabase turn this question into a model.
SELECT
    c.shop_id AS shop_id, c.conv_id AS conv_id, c.user_id AS user_id, c.channel AS channel, c.bot_id AS bot_id,
    c.cohort_date AS day, c.started_at AS started_at, c.user_messages AS user_messages, c.intent AS intent,
    c.buy_score AS buy_score, c.intent_level AS intent_level, c.high_intent_at AS high_intent_at,
    c.is_carted AS is_carted, c.is_ordered AS is_ordered, c.is_kept AS is_kept, c.order_id AS order_id,
    c.net_amount AS net_amount, s.reporting_currency AS currency, c.experiment AS experiment, c.variant AS variant
FROM bi.conversations AS c
INNER JOIN bi.shops AS s ON s.shop_id = c.shop_id
