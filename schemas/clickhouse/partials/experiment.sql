{{/* FNV-1a of 32 bits over an array of code units. */}}
{{define "fnv1a_begin"}}arrayFold((hash, unit) -> bitAnd(bitXor(hash, unit) * 16777619, 4294967295), {{end}}
{{define "fnv1a_end"}}, toUInt64(2166136261)){{end}}

{{/* UTF-16 code units of a string, the argument: what JavaScript's charCodeAt gives. A character outside of the
     basic plane is two of them. Bytes that are no UTF-8 are not for this: the door refuses them. */}}
{{define "code_units" -}}
arrayFlatten(arrayMap(
    point -> if(point < 65536, [point], [toUInt64(55296 + bitShiftRight(point - 65536, 10)), toUInt64(56320 + bitAnd(point - 65536, 1023))]),
    arrayMap(
        bytes -> toUInt64(multiIf(
            length(bytes) = 1, bytes[1],
            length(bytes) = 2, bitAnd(bytes[1], 31) * 64 + bitAnd(bytes[2], 63),
            length(bytes) = 3, bitAnd(bytes[1], 15) * 4096 + bitAnd(bytes[2], 63) * 64 + bitAnd(bytes[3], 63),
            bitAnd(bytes[1], 7) * 262144 + bitAnd(bytes[2], 63) * 4096 + bitAnd(bytes[3], 63) * 64 + bitAnd(bytes[4], 63))),
        arrayMap(letter -> arrayMap(i -> toUInt64(reinterpretAsUInt8(substring(letter, i, 1))), range(1, length(letter) + 1)), extractAll({{.}}, '(?s).')))))
{{- end}}

{{/* Where an id falls under a seed, in [0, 1): the argument is seed and id, one behind the other. GrowthBook's
     hash, version 2, the same number as internal/experiment's. The second hash is of decimal digits, which are
     bytes. */}}
{{define "bucket" -}}
{{template "fnv1a_begin"}}arrayMap(digit -> toUInt64(reinterpretAsUInt8(digit)), splitByString('', toString({{template "fnv1a_begin"}}{{template "code_units" .}}{{template "fnv1a_end"}}))){{template "fnv1a_end"}} % 10000 / 10000
{{- end}}

{{/* The same by version 1, of id and seed, one behind the other: for namespaces. */}}
{{define "bucket_1" -}}
{{template "fnv1a_begin"}}{{template "code_units" .}}{{template "fnv1a_end"}} % 1000 / 1000
{{- end}}

{{/* The variant that an experiment's hash gives a shopper whose bucket is place, '' for none. Bounds come as their
     bits: read from text, the last of them may be another. An id that is empty is none. */}}
{{define "given" -}}
if(
        user_id = ''
            OR ({namespace:String} != '' AND NOT ({{template "bucket_1" "concat(user_id, '__', {namespace:String})"}} AS part >= reinterpretAsFloat64({namespace_from:UInt64}) AND part < reinterpretAsFloat64({namespace_to:UInt64})))
            OR ({holdout:String} != '' AND {{template "bucket" "concat({holdout:String}, user_id)"}} < reinterpretAsFloat64({holdout_share:UInt64})),
        '', {names:Array(String)}[arrayFirstIndex((lo, hi) -> place >= reinterpretAsFloat64(lo) AND place < reinterpretAsFloat64(hi), {lower:Array(UInt64)}, {upper:Array(UInt64)})])
{{- end}}

{{/* Variance of one shopper in sum(num) / sum(den), by the delta method: c is the control, t the treatment. What
     has lost its digits is NULL, as it is refused by report/inference. */}}
{{define "unit_variance" -}}
if(n_{{.}} < 2 OR (var_num_{{.}} + value_{{.}} * value_{{.}} * var_den_{{.}} - 2 * value_{{.}} * cov_{{.}} AS residual_{{.}}) != 0
        AND residual_{{.}} < 1e-9 * (var_num_{{.}} + value_{{.}} * value_{{.}} * var_den_{{.}} + abs(2 * value_{{.}} * cov_{{.}})),
    NULL, residual_{{.}} / (mean_den_{{.}} * mean_den_{{.}}))
{{- end}}

{{/* Weight of the value before the exposure, pooled over both arms c and t; 0 without adjustment, which is the
     argument. */}}
{{define "theta" -}}
if({{.}} AND c.n > 1 AND t.n > 1 AND (c.var_pre * (c.n - 1) + t.var_pre * (t.n - 1) + pow(t.mean_pre - c.mean_pre, 2) * c.n * t.n / (c.n + t.n) AS m2_pre) > 0,
                    (c.cov_pre * (c.n - 1) + t.cov_pre * (t.n - 1) + (t.mean_pre - c.mean_pre) * (t.mean_num - c.mean_num) * c.n * t.n / (c.n + t.n)) / m2_pre, 0)
{{- end}}

{{/* Variance of num - theta pre in one arm, the argument. */}}
{{define "adjusted"}}if(theta = 0, plain_{{.}}, greatest(0, plain_{{.}} + theta * theta * var_pre_{{.}} - 2 * theta * cov_pre_{{.}})){{end}}

{{/* What follows from the moments of two arms without a t distribution. It needs, by arm, n, mean_num, mean_den,
     var_num, var_den, cov, level and n_star (of both arms), and shift, what an adjustment takes away from
     the difference; it gives NULL where there is nothing to say (least alone would
     give the 1 for a NULL). What is no number is NULL. */}}
{{define "live" -}}
if(isFinite(mean_num_c / nullIf(mean_den_c, 0) AS ratio_c), ratio_c, NULL) AS value_c,
    if(isFinite(mean_num_t / nullIf(mean_den_t, 0) AS ratio_t), ratio_t, NULL) AS value_t,
    value_t - value_c - shift AS diff,
    if(isFinite(sqrt({{template "unit_variance" "c"}} / n_c + {{template "unit_variance" "t"}} / n_t) AS deviation) AND deviation > 0, deviation, NULL) AS se,
    diff / se AS z,
    (n_c + n_t) * (-2 * log(level) + log(1 - 2 * log(level))) / n_star AS spread,
    if(isNull(z), NULL, least(1, exp(0.5 * log(spread + 1) - spread * z * z / (2 * (spread + 1))))) AS p_always_valid,
    sqrt((spread + 1) / spread * (log(spread + 1) - 2 * log(level))) * se AS seq_half,
    diff - seq_half AS seq_lo,
    diff + seq_half AS seq_hi
{{- end}}

{{/* The sequential test of the sample ratio, from arrays units and weights (which add up to 1) by variant. */}}
{{define "srm_p" -}}
least(1, exp(lgamma(1000 + arraySum(units)) - lgamma(1000) - arraySum((n, w) -> lgamma(1000 * w + n) - lgamma(1000 * w) - n * log(w), units, weights)))
{{- end}}
