package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
	schema "askbuy/schemas/clickhouse"
)

// capVector is the published case of a pooled cap. It gives sums, before and
// after, and no values.
type capVector struct {
	ID    string
	Input struct {
		RawA    capSums `json:"raw_a"`
		RawB    capSums `json:"raw_b"`
		CappedA capSums `json:"capped_a"`
		CappedB capSums `json:"capped_b"`
	}
	Expect struct {
		Cap              float64
		Uncapped, Capped struct{ Est, SE, DOF, P float64 }
	}
	Tolerance float64
}

type capSums struct {
	N, Sum  float64
	Squares float64 `json:"sum_squares"`
}

func (s capSums) minus(n int, value float64) capSums {
	return capSums{Sum: s.Sum - float64(n)*value, Squares: s.Squares - float64(n)*value*value}
}

// values are n with these sums, high of them greater than all others.
func (s capSums) values(n, high int) []float64 {
	mean := s.Sum / float64(n)
	sd := math.Sqrt(s.Squares/float64(n) - mean*mean)
	odds := math.Sqrt(float64(n-high) / float64(high))
	values := slices.Repeat([]float64{mean - sd/odds}, n)
	for i := range high {
		values[i] = mean + sd*odds
	}
	return values
}

// payers are amounts with the case's sums: of those above the cap, the one at
// the cap, and 226 below.
func (v capVector) payers(raw, capped capSums, above, at int) []float64 {
	over := raw
	over.Sum += float64(above)*v.Expect.Cap - capped.Sum
	over.Squares += float64(above)*v.Expect.Cap*v.Expect.Cap - capped.Squares
	values := append(over.values(above, 1), slices.Repeat([]float64{v.Expect.Cap}, at)...)
	return append(values, capped.minus(above+at, v.Expect.Cap).values(226, 113)...)
}

// The published case of a cap goes the way of a report, the cap taken by the
// warehouse, and the way of plan and A/A, the cap taken here.
func TestPublishedCap(t *testing.T) {
	b, err := os.ReadFile("inference/testdata/stats.json")
	var file struct{ Cases []json.RawMessage }
	var v capVector
	if err == nil {
		err = json.Unmarshal(b, &file)
	}
	for _, c := range file.Cases {
		var named struct{ ID string }
		if json.Unmarshal(c, &named) == nil && named.ID == "winsor-revenue" {
			err = json.Unmarshal(c, &v)
		}
	}
	if err != nil || v.Expect.Cap == 0 {
		t.Fatalf("%+v, %v", v, err)
	}
	// 457 paid, four of them above the cap: ceil(0.99 * 457) = 453.
	paid := map[string][]float64{"control": v.payers(v.Input.RawA, v.Input.CappedA, 3, 0), "treatment": v.payers(v.Input.RawB, v.Input.CappedB, 1, 1)}
	money := experiment.Metric{Name: experiment.RevenuePerUser, Role: experiment.Success, MDE: 0.1, Cap: 0.99}
	e := labExperiment(money)
	e.Mode = experiment.Fixed
	l := newLab(t)
	l.register(e)
	var rows []map[string]any
	h := history{e: e, values: make([][][3]float64, 1)}
	for variant, values := range paid {
		for i := range 5000 {
			revenue := 0.0
			if i < len(values) {
				revenue = values[i]
			}
			rows = append(rows, map[string]any{"experiment": e.Key, "generation": uint64(1), "shop_id": "s", "user_id": fmt.Sprint(variant, i), "variant": variant, "currency": "CNY", "bucket": 0.5, "revenue": revenue})
			h.values[0] = append(h.values[0], [3]float64{revenue, 1, 0})
		}
	}
	l.put(schema.ExperimentUnits, rows...)
	l.put(schema.ExperimentRefreshes, map[string]any{"experiment": e.Key, "generation": uint64(1), "cut_off": l.at, "unknown": [][]any{}})
	_, r, err := l.judge(t.Context(), e, l.filled(), nil)
	l.must(err)
	x := r.Results[0]
	if x.Refused != inference.NotRefused || x.Cap == nil || *x.Cap != v.Expect.Cap {
		t.Fatalf("%+v", x)
	}
	for name, pair := range map[string][2]float64{
		"difference": {*x.Diff, v.Expect.Capped.Est}, "standard error": {*x.SE, v.Expect.Capped.SE}, "degrees of freedom": {*x.DOF, v.Expect.Capped.DOF},
		"p": {*x.PFixed, v.Expect.Capped.P}, "difference without the cap": {*x.DiffRaw, v.Expect.Uncapped.Est},
	} {
		if math.Abs(pair[0]-pair[1]) > v.Tolerance*max(1, math.Abs(pair[1])) {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
	h.capped()
	if most := slices.MaxFunc(h.values[0], func(a, b [3]float64) int { return cmp.Compare(a[0], b[0]) }); most[0] != v.Expect.Cap {
		t.Errorf("plan and A/A cap at %v, want %v", most[0], v.Expect.Cap)
	}
	if got := inference.PooledCap(money.Cap, paid["control"], paid["treatment"]); got != v.Expect.Cap {
		t.Errorf("cap %v, want %v", got, v.Expect.Cap)
	}
}
