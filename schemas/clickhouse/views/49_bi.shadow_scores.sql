CREATE OR REPLACE VIEW bi.shadow_scores {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    conv_id String COMMENT 'conversation',
    event_id String COMMENT 'id of the message, unique for its shopper',
    user_id String COMMENT 'shopper as sent',
    ts DateTime64(3, 'UTC') COMMENT 'event time of the message',
    model_id String COMMENT 'the candidate that said this beside the model in force, which bi.messages has',
    evidence Float64 COMMENT 'log-odds of an order that the text adds',
    buy_score Float64 COMMENT 'of the conversation after this message, 0 to 1, three decimals',
    p_order Float64 COMMENT 'calibrated probability of an order after this message',
    p_net Float64 COMMENT 'calibrated probability of an order that is neither cancelled nor refunded'
) SQL SECURITY INVOKER AS
SELECT
    shop_id,
    conv_id,
    event_id,
    user_id,
    ts,
    toString(model_id) AS model_id,
    evidence,
    buy_score,
    p_order,
    p_net
FROM askbuy.shadow_scores FINAL
COMMENT 'Grain: one message that one candidate scored beside the model in force. It decides nothing; joined to bi.messages by (shop_id, user_id, event_id) it shows what a promotion would change.'
