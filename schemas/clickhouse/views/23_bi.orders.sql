CREATE OR REPLACE VIEW bi.orders {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    order_id String COMMENT 'order',
    user_id String COMMENT 'shopper: user of the first paid event that has one, else of the first event that has one; empty when none has',
    status String COMMENT 'highest of created < paid < refunded < cancelled',
    amount Decimal(18, 2) COMMENT 'as told last',
    refunded_amount Decimal(18, 2) COMMENT 'greatest cumulative value or sum over refund ids, whichever is more',
    net_amount Decimal(18, 2) COMMENT 'amount less refunds, never below 0; 0 when cancelled or never paid',
    currency String COMMENT 'as told last; empty when never told',
    created_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first created event',
    paid_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first paid event: the order time; NULL when never paid',
    cancelled_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first cancelled event',
    refunded_at Nullable(DateTime64(3, 'UTC')) COMMENT 'first refunded event',
    coupon String COMMENT 'as told last; empty when never told',
    conv_id String COMMENT 'attributed conversation (last touch, 72 h); empty when none',
    named_conv_id String COMMENT 'conversation that the order itself names; empty when none',
    explicit_unmatched UInt8 COMMENT '1: paid, and the named conversation is no candidate',
    touches UInt64 COMMENT 'rows in bi.touches'
) SQL SECURITY INVOKER AS
SELECT
    o.shop_id AS shop_id,
    o.order_id AS order_id,
    o.user_id AS user_id,
    o.status AS status,
    o.amount AS amount,
    o.refunded_amount AS refunded_amount,
    o.net_amount AS net_amount,
    o.currency AS currency,
    o.created_at AS created_at,
    o.paid_at AS paid_at,
    o.cancelled_at AS cancelled_at,
    o.refunded_at AS refunded_at,
    o.coupon AS coupon,
    t.conv_id AS conv_id,
    o.named_conv_id AS named_conv_id,
    o.named_conv_id != '' AND o.paid_at IS NOT NULL AND t.is_explicit = 0 AS explicit_unmatched,
    t.candidates AS touches
FROM askbuy.order_fold AS o
LEFT JOIN askbuy.order_touches AS t USING (shop_id, order_id, user_id)
COMMENT 'Grain: one order (shop_id, order_id), folded over all its events. Test events are left out.'
