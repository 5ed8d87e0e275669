SELECT shop_id, user_id, event_id, x.variant AS shown, place AS bucket, {{template "given" .}} AS given
FROM (SELECT *, {{template "bucket" "concat({seed:String}, user_id)"}} AS place FROM ({{.Exposures}})) AS x
