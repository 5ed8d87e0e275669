{{/* An order folded over its events; the argument narrows these further, as in " AND e.ts <= ...". */}}
{{define "order_fold" -}}
SELECT
    shop_id,
    order_id,
    if(payer != '', payer, namer) AS user_id,
    multiIf(cancelled_at IS NOT NULL, 'cancelled', refunded_at IS NOT NULL, 'refunded', paid_at IS NOT NULL, 'paid', 'created') AS status,
    {{money "last_amount"}} AS amount,
    {{money "greatest(last_cumulative, refunds)"}} AS refunded_amount,
    if(cancelled_at IS NOT NULL OR paid_at IS NULL, toDecimal64(0, 2), greatest(amount - refunded_amount, toDecimal64(0, 2))) AS net_amount,
    last_currency AS currency,
    created_at,
    paid_at,
    cancelled_at,
    refunded_at,
    last_coupon AS coupon,
    last_conv_id AS named_conv_id
FROM
(
    SELECT
        shop_id,
        order_id,
        argMinIf(e.user_id, (e.ts, e.event_id), e.status = 'paid' AND e.user_id != '') AS payer,
        argMinIf(e.user_id, (e.ts, e.event_id), e.user_id != '') AS namer,
        coalesce(argMaxIf(e.amount, (e.ts, e.event_id), e.amount IS NOT NULL), 0) AS last_amount,
        coalesce(max(e.refunded_amount), 0) AS last_cumulative,
        -- One refund told several times counts as told last: of neighbours with one id only the last is summed.
        arraySort(groupArrayIf((e.refund_id, e.ts, e.event_id, assumeNotNull(e.refund_amount)), e.refund_id != '')) AS told,
        arraySum((x, next_id) -> if(x.1 = next_id, toDecimal128(0, 2), toDecimal128(x.4, 2)), told, arrayPopFront(arrayPushBack(told.1, ''))) AS refunds,
        argMaxIf(e.currency, (e.ts, e.event_id), e.currency != '') AS last_currency,
        argMaxIf(e.coupon, (e.ts, e.event_id), e.coupon != '') AS last_coupon,
        argMaxIf(e.conv_id, (e.ts, e.event_id), e.conv_id != '') AS last_conv_id,
        minIfOrNull(e.ts, e.status = 'created') AS created_at,
        minIfOrNull(e.ts, e.status = 'paid') AS paid_at,
        minIfOrNull(e.ts, e.status = 'cancelled') AS cancelled_at,
        minIfOrNull(e.ts, e.status = 'refunded') AS refunded_at
    FROM askbuy.order_events AS e FINAL
    WHERE e.is_test = 0{{.}}
    GROUP BY shop_id, order_id
)
{{- end}}
