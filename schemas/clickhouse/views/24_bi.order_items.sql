CREATE OR REPLACE VIEW bi.order_items {{.OnCluster}} (
    shop_id String COMMENT 'shop',
    order_id String COMMENT 'order',
    item_id String COMMENT 'item',
    category String COMMENT 'category; empty when not told',
    quantity Int64 COMMENT 'pieces',
    amount Decimal(18, 2) COMMENT 'of the whole line, in the currency of the order'
) SQL SECURITY INVOKER AS
SELECT shop_id, order_id, item.item_id AS item_id, item.category AS category, item.quantity AS quantity, item.amount AS amount
FROM
(
    SELECT shop_id, order_id, argMaxIf(e.items, (e.ts, e.event_id), e.has_items = 1) AS latest
    FROM askbuy.order_events AS e FINAL
    WHERE e.is_test = 0
    GROUP BY shop_id, order_id
)
ARRAY JOIN latest AS item
COMMENT 'Grain: one line of an order, of the latest event that gives items.'
