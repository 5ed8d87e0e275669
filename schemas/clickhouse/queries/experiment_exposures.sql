SELECT shop_id, user_id, event_id, ts, toString(variant) AS variant, conv_id
FROM askbuy.exposures FINAL
WHERE experiment = {key:String} AND is_test = 0 AND ts < {planned_end:DateTime64(3, 'UTC')} AND ts <= {as_of:DateTime64(3, 'UTC')}
    AND (empty({shops:Array(String)}) OR has({shops:Array(String)}, shop_id))
