package report

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"askbuy/internal/judge"
	schema "askbuy/schemas/clickhouse"
)

func sampleScore() *ScoreReport {
	v := func(x float64) *float64 { return &x }
	q := func(key string) Quality {
		return Quality{key, 420, 200, 31.25, 30, v(31.25 / 30), v(.7421), v(.41), v(.1102), v(.018)}
	}
	return &ScoreReport{
		Filter: ScoreFilter{Shop: "1024", Model: "m\x1b1", From: "2026-06-01", Threshold: .65},
		Total:  q(""), Decomposition: &judge.Decomposition{Miscalibration: .002, Discrimination: .0193, Uncertainty: .1275},
		Reliability: []Bin{{0, .02, 100, 60.5, .011, .0165, .004, .08}, {.98, 1, 2, 1, .99, 1, .2, 1}},
		Thresholds:  []AtThreshold{{.65, 90, 40, v(.2), v(.45), v(.3), v(.6), v(.6), v(3)}, {Threshold: .9, Volume: v(0), Recall: v(0)}},
		Models:      []Quality{q("=m1")}, Shops: []Quality{q("1024")}, Days: []Quality{q("2026-06-01")},
		Prefixes: []Quality{q("1"), {Key: "5", Messages: 1, N: .2, Expected: .01, Brier: v(.0025), ECE: v(.05)}},
	}
}

// said is one closed message with its outcome.
type said struct {
	p      float64
	hit    bool
	weight float64
	conv   int
}

// scored fills the warehouse with conversations whose scores are at random, in
// two shops and of two models; some order what is kept, some what is not.
func scored(t *testing.T) (*fixture, map[string][]said) {
	f, r := newFixture(t), rand.New(rand.NewPCG(7, 7))
	by := map[string][]said{}
	var scores, orders, touches []map[string]any
	for conv := range 160 {
		shop, user, n, ordered, kept := fmt.Sprint("s", conv%2), fmt.Sprint("u", conv), 1+r.IntN(7), r.IntN(3) == 0, r.IntN(4) > 0
		for i := range n {
			p, model := math.Round(r.Float64()*400)/1000, fmt.Sprint("m", r.IntN(2))
			scores = append(scores, map[string]any{"shop_id": shop, "user_id": user, "conv_id": "c", "event_id": fmt.Sprint(i), "ts": t0 + int64(i)*minute,
				"buy_score": 2 * p, "p_order": p, "model_id": model})
			one := said{p, ordered && kept, 1 / float64(n), conv}
			for _, key := range []string{"", model, shop, fmt.Sprint(min(i+1, 5))} {
				by[key] = append(by[key], one)
			}
		}
		if at := t0 + hour; ordered {
			order, amount := fmt.Sprint("o", conv), "0.00"
			if kept {
				amount = "5.00"
			}
			orders = append(orders, map[string]any{"shop_id": shop, "user_id": user, "order_id": order, "event_id": "p", "status": "paid", "amount": amount, "ts": at})
			touches = append(touches, map[string]any{"shop_id": shop, "user_id": user, "order_id": order, "order_at": at,
				"touches": [][]any{touch("c", t0+int64(n-1)*minute, 0, 1, 1, 0)}})
		}
	}
	f.put(schema.MessageScores, scores...)
	f.put(schema.OrderEvents, orders...)
	f.put(schema.Touches, touches...)
	return f, by
}

// The warehouse's figures are those of internal/judge on the same messages.
func TestScoreAgreesWithJudge(t *testing.T) {
	f, by := scored(t)
	r, err := Score(t.Context(), f.DB, ScoreFilter{Threshold: .7})
	f.must(err)
	all := append([]Quality{r.Total}, r.Models...)
	all = append(append(all, r.Shops...), r.Prefixes...)
	if len(all) != 10 || len(r.Days) != 1 || r.Days[0].Key != "2026-06-01" {
		t.Fatalf("%d cuts, days %+v", len(all), r.Days)
	}
	for _, q := range all {
		var predictions []judge.Prediction
		var n, expected, actual float64
		for _, s := range by[q.Key] {
			predictions = append(predictions, judge.Prediction{P: s.p, Hit: s.hit, Weight: s.weight, Cluster: s.conv})
			n, expected = n+s.weight, expected+s.weight*s.p
			if s.hit {
				actual += s.weight
			}
		}
		set := judge.NewSet(predictions)
		for name, pair := range map[string][2]float64{
			"messages": {float64(q.Messages), float64(len(predictions))}, "n": {q.N, n}, "expected": {q.Expected, expected}, "actual": {q.Actual, actual},
			"AUC": {*q.AUC, set.Of(judge.AUC)}, "PR-AUC": {*q.PRAUC, set.Of(judge.AveragePrecision)},
			"Brier": {*q.Brier, set.Of(judge.Brier)}, "ECE": {*q.ECE, set.Of(judge.CalibrationError(15))},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-8 {
				t.Errorf("%q: %s %v, judge says %v", q.Key, name, pair[0], pair[1])
			}
		}
		if q.Key == "" && r.Decomposition != nil && *r.Decomposition != set.Decompose() {
			if d, want := *r.Decomposition, set.Decompose(); math.Abs(d.Miscalibration-want.Miscalibration)+math.Abs(d.Discrimination-want.Discrimination) > 1e-9 {
				t.Errorf("decomposition %+v, want %+v", d, want)
			}
		}
	}
}

// Bins and thresholds are sums of the same messages.
func TestScoreTables(t *testing.T) {
	f, by := scored(t)
	r, err := Score(t.Context(), f.DB, ScoreFilter{Threshold: .42})
	f.must(err)
	var n, expected, actual float64
	for _, b := range r.Reliability {
		n, expected, actual = n+b.N, expected+b.Said*b.N, actual+b.Came*b.N
		if b.Said < b.From || b.Said > b.To || b.Low > b.Came || b.High < b.Came {
			t.Errorf("bin %+v", b)
		}
	}
	if total := r.Total; math.Abs(n-160)+math.Abs(total.N-160)+math.Abs(expected-total.Expected)+math.Abs(actual-total.Actual) > 1e-6 {
		t.Errorf("bins add up to %v, %v, %v: want 160 and %+v", n, expected, actual, total)
	}
	var want, hits float64
	for _, s := range by[""] {
		if 2*s.p >= .42 {
			want += s.weight
			if s.hit {
				hits += s.weight
			}
		}
	}
	for _, at := range r.Thresholds {
		if at.Threshold == .42 && (math.Abs(at.N-want) > 1e-9 || math.Abs(*at.Precision-hits/want) > 1e-9) {
			t.Errorf("at 0.42: %+v, want %v of %v", at, hits, want)
		}
	}
	if len(r.Thresholds) != len(usualThresholds)+1 {
		t.Errorf("%d thresholds", len(r.Thresholds))
	}
}

func TestScoreFilter(t *testing.T) {
	f, by := scored(t)
	for _, c := range []struct {
		filter ScoreFilter
		want   int
	}{
		{ScoreFilter{Shop: "s0"}, len(by["s0"])}, {ScoreFilter{Model: "m1"}, len(by["m1"])}, {ScoreFilter{From: "2026-06-01", To: "2026-06-01"}, len(by[""])},
		{ScoreFilter{From: "2026-06-02"}, 0}, {ScoreFilter{Shop: "'"}, 0},
	} {
		r, err := Score(t.Context(), f.DB, c.filter)
		f.must(err)
		var binned int64
		for _, b := range r.Reliability {
			binned += b.Messages
		}
		if r.Total.Messages != int64(c.want) || binned != int64(c.want) {
			t.Errorf("%+v: %d messages, %d in bins, want %d", c.filter, r.Total.Messages, binned, c.want)
		}
	}
	for filter, want := range map[ScoreFilter]string{{Threshold: 1.5}: "--threshold", {Threshold: math.NaN()}: "--threshold", {From: "x"}: "--from"} {
		if _, err := Score(t.Context(), f.DB, filter); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", filter, err)
		}
	}
}
