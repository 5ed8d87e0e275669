{{/* Credit of an order's touches: the window is cut first, then the model is applied to what is left. The
     argument is a source of shop_id, order_id, user_id, order_at, touches, model and window_hours. */}}
{{define "credit" -}}
SELECT shop_id, order_id, user_id, model, window_hours, share.1 AS conv_id, share.2 AS credit
    FROM
    (
        SELECT shop_id, order_id, user_id, model, window_hours,
            arrayMap(
                (t, w, i) -> (t.conv_id, toFloat64(multiIf(
                    model = 'last_touch', t.rank_last = best,
                    model = 'first_touch', i = 1,
                    model = 'linear', 1 / n,
                    model = 'position', multiIf(n = 1, 1, n = 2, 0.5, i IN (1, n), 0.4, 0.2 / (n - 2)),
                    model = 'time_decay', w / total,
                    0))),
                kept, weights, arrayEnumerate(kept)) AS shares
        FROM
        (
            SELECT shop_id, order_id, user_id, model, window_hours, kept, weights,
                length(kept) AS n,
                arrayMin(kept.rank_last) AS best,
                arraySum(weights) AS total
            FROM
            (
                SELECT shop_id, order_id, user_id, model, window_hours,
                    arraySort(t -> t.rank_first, arrayFilter(t -> t.explicit = 1 OR order_at - t.touch_at <= toInt64(window_hours) * 3600, touches)) AS kept,
                    arrayMap(t -> exp2(-toFloat64(order_at - t.touch_at) / (7 * 86400)), kept) AS weights
                FROM {{.}}
            )
        )
    )
    ARRAY JOIN shares AS share
    WHERE share.2 > 0
{{- end}}
