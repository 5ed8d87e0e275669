-- What an order touched, whole, with the conversation it is attributed to by default: last touch, 72 h.
CREATE OR REPLACE VIEW askbuy.order_touches {{.OnCluster}} SQL SECURITY INVOKER AS
SELECT
    shop_id,
    order_id,
    user_id,
    order_at,
    arraySort(t -> t.rank_last, arrayFilter(t -> t.explicit = 1 OR order_at - t.touch_at <= 72 * 3600, touches))[1].conv_id AS conv_id,
    length(touches) AS candidates,
    arrayExists(t -> t.explicit = 1, touches) AS is_explicit
FROM askbuy.touches FINAL
WHERE notEmpty(touches)
