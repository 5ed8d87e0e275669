INSERT INTO askbuy.conversation_sums (lineage, as_of, shop_id, cohort_date, channel, intent, bot_id, coupon, conversations, high_intent,
    carted, ordered, kept, high_intent_ordered, high_intent_kept, low_intent_ordered, waiting, answered, closed, settled,
    order_amount, net_amount, refunds, old_orders)
SELECT {lineage:UInt64}, {as_of:DateTime64(3, 'UTC')}, c.shop_id, c.cohort_date, c.channel, c.intent, c.bot_id, c.coupon, count(),
    countIf(c.high_intent_at IS NOT NULL), sum(c.is_carted), sum(c.is_ordered), sum(c.is_kept), sum(c.is_high_intent_ordered),
    sum(c.is_high_intent_kept), countIf(c.is_ordered = 1 AND c.high_intent_at IS NULL),
    countIf(c.high_intent_at > {as_of:DateTime64(3, 'UTC')} - toIntervalHour(48) AND c.is_ordered = 0),
    countIf(c.last_user_message_at IS NOT NULL), sum(c.is_closed), sum(c.is_settled),
    sum(c.order_amount), sum(c.net_amount), sum(c.refunds), sum(c.old_orders)
FROM askbuy.rolled_conversations(lineage = {lineage:UInt64}, as_of = {as_of:DateTime64(3, 'UTC')}) AS c
GROUP BY c.shop_id, c.cohort_date, c.channel, c.intent, c.bot_id, c.coupon
