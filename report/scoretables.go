package report

import (
	"context"
	"slices"

	"askbuy/internal/judge"
)

// readDecomposition takes the Brier score apart, with p_order to 4 decimals:
// that is at most 10,001 rows, however many messages there are, and moves no
// figure by more than 1e-4.
func (r *ScoreReport) readDecomposition(ctx context.Context, db database) error {
	units, params := r.Filter.units()
	var said []judge.Prediction
	err := each(ctx, db, "decomposition", `SELECT round(p_order, 4) AS p, sum(weight * y), sum(weight * (1 - y)) FROM `+units+` GROUP BY p ORDER BY p`, params, func(c *cells) {
		p, hits, misses := next[float64](c), next[float64](c), next[float64](c)
		said = append(said, judge.Prediction{P: p, Hit: true, Weight: hits}, judge.Prediction{P: p, Weight: misses})
	})
	if err == nil && len(said) > 0 {
		d := judge.NewSet(said).Decompose()
		r.Decomposition = &d
	}
	return err
}

// reliabilityBins are those of p_order in bi.score_quality.
const reliabilityBins = 50

func (r *ScoreReport) readReliability(ctx context.Context, db database) error {
	where, params := r.Filter.days().where("q.shop_id", "toString(q.day)", "", "")
	if r.Filter.Model != "" {
		where += " AND q.model_id = {model:String}"
		params["model"] = r.Filter.Model
	}
	sql := `SELECT toInt64(q.bin), toInt64(sum(q.messages)), sum(q.n), sum(q.sum_p), sum(q.sum_y) FROM bi.score_quality AS q
WHERE q.score = 'p_order' AND ` + where + ` GROUP BY q.bin ORDER BY q.bin`
	return each(ctx, db, "reliability", sql, params, func(c *cells) {
		bin, b := c.count(), Bin{Messages: c.count(), N: next[float64](c)}
		said, came := next[float64](c), next[float64](c)
		b.From, b.To = float64(bin)/reliabilityBins, float64(bin+1)/reliabilityBins
		b.Said, b.Came = said/b.N, came/b.N
		b.Low, b.High = wilson(came, b.N)
		r.Reliability = append(r.Reliability, b)
	})
}

// usualThresholds of buy_score; 0.7 is where high intent begins.
var usualThresholds = []float64{0.3, 0.5, 0.6, 0.7, 0.8, 0.9}

// readThresholds reads volumes by buy_score, which has three decimals, and adds
// them up from the top.
func (r *ScoreReport) readThresholds(ctx context.Context, db database) error {
	units, params := r.Filter.units()
	type volume struct {
		score     float64
		messages  int64
		n, actual float64
	}
	var volumes []volume
	err := each(ctx, db, "thresholds", `SELECT buy_score, toInt64(count()), sum(weight), sum(weight * y) FROM `+units+` GROUP BY buy_score ORDER BY buy_score`, params, func(c *cells) {
		volumes = append(volumes, volume{next[float64](c), c.count(), next[float64](c), next[float64](c)})
	})
	if err != nil {
		return err
	}
	thresholds := append(slices.Clone(usualThresholds), r.Filter.Threshold)
	slices.Sort(thresholds)
	for _, from := range slices.Compact(thresholds) {
		at := AtThreshold{Threshold: from}
		var all, everyHit, hits float64
		for _, v := range volumes {
			all, everyHit = all+v.n, everyHit+v.actual
			if v.score >= from {
				at.Messages, at.N, hits = at.Messages+v.messages, at.N+v.n, hits+v.actual
			}
		}
		at.Volume, at.Precision, at.Recall = over(at.N, all), over(hits, at.N), over(hits, everyHit)
		if at.Precision != nil {
			low, high := wilson(hits, at.N)
			at.Low, at.High = &low, &high
			at.Lift = over(*at.Precision*all, everyHit)
		}
		r.Thresholds = append(r.Thresholds, at)
	}
	return nil
}
