{{/* Settings in effect: the shop's own (row z), those of every shop (row ''), then the default. */}}
{{define "default_currency"}}(SELECT any(reporting_currency) FROM askbuy.shops FINAL WHERE shop_id = ''){{end}}
{{define "default_time_zone"}}(SELECT any(time_zone) FROM askbuy.shops FINAL WHERE shop_id = ''){{end}}
{{define "currency"}}ifNull(multiIf(z.reporting_currency != '', z.reporting_currency, {{template "default_currency"}} != '', {{template "default_currency"}}, {{.}}), ''){{end}}
{{define "time_zone"}}ifNull(multiIf(z.time_zone != '', z.time_zone, {{template "default_time_zone"}} != '', {{template "default_time_zone"}}, 'Asia/Shanghai'), 'Asia/Shanghai'){{end}}
{{define "day"}}toDate(greatest('1970-01-01', formatDateTime(greatest({{.}}, toDateTime64(0, 3, 'UTC')), '%F', {{template "time_zone"}}))){{end}}
