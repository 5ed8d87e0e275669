CREATE OR REPLACE VIEW bi.messages {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    conv_id String COMMENT 'conversation',
    event_id String COMMENT 'id of the message, unique for its shopper',
    user_id String COMMENT 'shopper, on messages of bots and agents too',
    bot_id String COMMENT 'bot; empty when not told',
    from_role String COMMENT 'user, bot or agent',
    text String COMMENT 'text with personal data masked',
    ts DateTime64(3, 'UTC') COMMENT 'event time',
    received_at DateTime64(3, 'UTC') COMMENT 'arrival',
    act String COMMENT 'likeliest act of the message, whatever topic a rule gives it; empty without a score',
    intent String COMMENT 'topic; empty without a score',
    evidence Nullable(Float64) COMMENT 'log-odds that this message speaks for an order',
    buy_score Nullable(Float64) COMMENT 'score of the conversation after this message, 0 to 1; only messages of shoppers have one',
    p_order Nullable(Float64) COMMENT 'calibrated probability of an order after this message',
    p_net Nullable(Float64) COMMENT 'calibrated probability of an order that is neither cancelled nor refunded',
    terms Map(String, Float64) COMMENT 'what the score is the sum of, in log-odds: message, earlier (messages) and signals by name; empty without a score',
    model_id String COMMENT 'model that scored it; empty without a score',
    channel String COMMENT 'channel; empty when not told',
    is_test UInt8 COMMENT '1: test traffic, in no figure'
) SQL SECURITY INVOKER AS
SELECT
    m.shop_id AS shop_id,
    m.conv_id AS conv_id,
    m.event_id AS event_id,
    m.user_id AS user_id,
    m.bot_id AS bot_id,
    m.from_role AS from_role,
    m.text AS text,
    m.ts AS ts,
    m.received_at AS received_at,
    s.act AS act,
    s.intent AS intent,
    s.evidence AS evidence,
    s.buy_score AS buy_score,
    s.p_order AS p_order,
    s.p_net AS p_net,
    CAST(s.terms, 'Map(String, Float64)') AS terms,
    s.model_id AS model_id,
    m.channel AS channel,
    m.is_test AS is_test
FROM (SELECT shop_id, conv_id, event_id, user_id, bot_id, from_role, text, ts, received_at, channel, is_test FROM askbuy.messages FINAL) AS m
LEFT JOIN
(
    SELECT shop_id, user_id, event_id, toString(act) AS act, intent, toNullable(evidence) AS evidence, toNullable(buy_score) AS buy_score, toNullable(p_order) AS p_order, toNullable(p_net) AS p_net, terms, model_id
    FROM askbuy.message_scores FINAL
) AS s USING (shop_id, user_id, event_id)
COMMENT 'Grain: one message (shop_id, user_id, event_id), test traffic included.'
