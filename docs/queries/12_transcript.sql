-- 一个会话的全文,以及每条消息的证据和得分。
-- One conversation whole, with the evidence and the score of each message.
SELECT ts, from_role, text, act, evidence, buy_score, terms
FROM bi.messages
WHERE shop_id = 'default' AND conv_id = 'c1' AND user_id = 'u1'
ORDER BY ts, event_id
