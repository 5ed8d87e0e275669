SELECT shop_id, user_id, event_id, ts, 'all' AS variant, '' AS conv_id
FROM askbuy.messages FINAL
WHERE from_role = 'user' AND is_test = 0 AND ts >= {start:DateTime64(3, 'UTC')} AND ts < {planned_end:DateTime64(3, 'UTC')} AND ts <= {as_of:DateTime64(3, 'UTC')}
    AND (empty({shops:Array(String)}) OR has({shops:Array(String)}, shop_id))
