{{/* Wilson's score interval of hits among high, 95 %: z = 1.959963984540054. Its ends at none and at all are
     exact, where rounding would leave the scale. */}}
{{define "wilson_spread"}}1.959963984540054 * sqrt(divideOrNull(hits, high) * (1 - divideOrNull(hits, high)) / high + pow(1.959963984540054, 2) / (4 * pow(high, 2))){{end}}
{{define "wilson_middle"}}divideOrNull(hits, high) + pow(1.959963984540054, 2) / (2 * high){{end}}
{{define "wilson_low"}}if(hits = 0 AND high > 0, 0., ({{template "wilson_middle"}} - {{template "wilson_spread"}}) / (1 + pow(1.959963984540054, 2) / high)){{end}}
{{define "wilson_high"}}if(hits = high AND high > 0, 1., ({{template "wilson_middle"}} + {{template "wilson_spread"}}) / (1 + pow(1.959963984540054, 2) / high)){{end}}
