package warehouse

import "strings"

// Units are what scores are judged by: the columns shop_id, user_id, conv_id,
// event_id, ts, day, model_id, buy_score, p_order, prefix, weight and y.
const Units = DatabaseTables + ".score_units"

// Quality is a query for how good p_order is, by the columns keys of units,
// which needs keys, p_order, weight and y. Units of one p are taken together,
// so that no figure depends on an order among them.
//
//	auc     the chance that a hit has the greater p than a miss, ties half
//	        (Mann and Whitney 1947); NULL without both
//	pr_auc  average precision; NULL without hits
//	brier   mean squared error
//	ece     mean distance of what was predicted from what came, over 15 bins
//	        of equal weight
//
// They are those of internal/judge, and a test of report compares them. Beside
// them stand keys, messages, n, sum_p and sum_y.
func Quality(keys, units string) string {
	return strings.NewReplacer("$keys", keys, "$units", units).Replace(quality)
}

const quality = `SELECT
    $keys,
    sum(bin_messages) AS messages,
    round(sum(bin_weight), 9) AS n,
    round(sum(bin_sum_p), 9) AS sum_p,
    round(sum(bin_hits), 9) AS sum_y,
    round(divideOrNull(sum(bin_ranked), sum(bin_hits) * (sum(bin_weight) - sum(bin_hits))), 9) AS auc,
    round(divideOrNull(sum(bin_precision), sum(bin_hits)), 9) AS pr_auc,
    round(sum(bin_squares) / sum(bin_weight), 9) AS brier,
    round(sum(abs(bin_sum_p - bin_hits)) / sum(bin_weight), 9) AS ece
FROM
(
    SELECT
        $keys,
        least(14, floor(round(middle / whole * 15, 9))) AS bin,
        sum(group_messages) AS bin_messages,
        sum(w) AS bin_weight,
        sum(hits) AS bin_hits,
        sum(w * p) AS bin_sum_p,
        sum(hits * (misses_to - misses + misses / 2)) AS bin_ranked,
        sum(hits * hits_from / weight_from) AS bin_precision,
        sum(hits * (1 - p) * (1 - p) + misses * p * p) AS bin_squares
    FROM
    (
        SELECT
            *,
            w - hits AS misses,
            sum(misses) OVER (PARTITION BY $keys ORDER BY p) AS misses_to,
            sum(hits) OVER (PARTITION BY $keys ORDER BY p DESC) AS hits_from,
            sum(w) OVER (PARTITION BY $keys ORDER BY p DESC) AS weight_from,
            sum(w) OVER (PARTITION BY $keys ORDER BY p) - w / 2 AS middle,
            sum(w) OVER (PARTITION BY $keys) AS whole
        FROM
        (
            SELECT $keys, p_order AS p, count() AS group_messages, sum(weight) AS w, sum(weight * y) AS hits
            FROM $units
            GROUP BY $keys, p
        )
    )
    GROUP BY $keys, bin
)
GROUP BY $keys`
