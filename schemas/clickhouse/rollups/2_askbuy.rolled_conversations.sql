-- Conversations as the rollup has them at a moment that it was published for: what bi.conversations_at says of that
-- moment, with what pages add up of orders that are old enough to have been refunded.
CREATE OR REPLACE VIEW askbuy.rolled_conversations {{.OnCluster}} SQL SECURITY INVOKER AS
WITH {as_of:DateTime64(3, 'UTC')} AS upto
SELECT
    v.* EXCEPT (lineage, since, row),
    ifNull(v.last_user_message_at <= upto - toIntervalHour(72), 0) AS is_closed,
    ifNull(v.last_user_message_at <= upto - toIntervalDay(15), 0) AS is_settled,
    arrayCount(at -> at <= upto - toIntervalDay(15), v.refunded_paid_at) AS refunds,
    arrayCount(at -> at <= upto - toIntervalDay(15), v.all_paid_at) AS old_orders
FROM askbuy.conversation_versions AS v
WHERE v.lineage = {lineage:UInt64} AND v.since <= upto
    AND v.row NOT IN (SELECT e.row FROM askbuy.conversation_ends AS e WHERE e.lineage = {lineage:UInt64} AND e.until <= upto)
