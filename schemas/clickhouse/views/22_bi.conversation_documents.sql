CREATE OR REPLACE VIEW bi.conversation_documents {{.OnCluster}} (
    _id String COMMENT 'conv_id',
    shopId String COMMENT 'shop',
    userId String COMMENT 'shopper',
    msgs Array(Tuple(`from` String, text String, ts DateTime64(3, 'UTC'))) COMMENT 'all messages in the order of (ts, event_id)',
    intent String COMMENT 'topic of the conversation',
    buyScore Nullable(Float64) COMMENT 'latest score, 0 to 1',
    orderId String COMMENT 'first attributed order; empty when there is none',
    createTime DateTime64(3, 'UTC') COMMENT 'event time of the earliest message'
) SQL SECURITY INVOKER AS
SELECT
    c.conv_id AS _id,
    c.shop_id AS shopId,
    c.user_id AS userId,
    d.msgs AS msgs,
    c.intent AS intent,
    c.buy_score AS buyScore,
    c.order_id AS orderId,
    c.started_at AS createTime
FROM askbuy.conversation_rows AS c
INNER JOIN
(
    SELECT shop_id, user_id, conv_id,
        arrayMap(m -> (m.3, m.4, m.1), arraySort(groupArray((e.ts, e.event_id, toString(e.from_role), e.text)))) AS msgs
    FROM askbuy.messages AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, user_id, conv_id
) AS d USING (shop_id, user_id, conv_id)
COMMENT 'Grain: one conversation (shopId, _id, userId) as one document. Test traffic is left out.'
