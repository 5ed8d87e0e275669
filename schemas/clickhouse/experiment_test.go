package warehouse_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
	"askbuy/schemas/clickhouse"
)

func partial(t *testing.T, name string, data any) string {
	t.Helper()
	sql, err := warehouse.Partial(name, data)
	must(t, err)
	return sql
}

// The warehouse replays the hash: an exposure's variant is checked where it
// lies.
func TestBucketInSQL(t *testing.T) {
	db := connect(t, engine.DSN())
	ids := []string{"", "u_1", "用户123", "😀", "expérience123", "a\nb", "renée", "𠮷野家", "\x00", "ÿĀ\u07ff\u0800\uffff\U00010000\U0010ffff"}
	r := rand.New(rand.NewPCG(1, 1))
	for range 500 {
		id := []rune{}
		for range r.IntN(12) {
			id = append(id, []rune{rune(r.IntN(128)), rune(r.IntN(0xd800)), rune(0x1f300 + r.IntN(400))}[r.IntN(3)])
		}
		ids = append(ids, string(id))
	}
	for _, seed := range []string{"greeting", "问候"} {
		_, _, rows, err := db.Query(t.Context(), "SELECT "+partial(t, "bucket", "concat({seed:String}, id)")+
			" FROM (SELECT arrayJoin({ids:Array(String)}) AS id)", map[string]any{"seed": seed, "ids": ids})
		must(t, err)
		if len(rows) != len(ids) {
			t.Fatalf("%d rows", len(rows))
		}
		for i, id := range ids {
			if want, _ := experiment.Bucket(experiment.HashVersion, seed, id); rows[i][0] != want {
				t.Errorf("%s %q: %v, want %v", seed, id, rows[i][0], want)
			}
		}
	}
}

// The closed form of the views is the engine's arithmetic: to 1e-9.
func TestLiveInSQL(t *testing.T) {
	db := connect(t, engine.DSN())
	r := rand.New(rand.NewPCG(2, 2))
	number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	for i := range 40 {
		level, planned := 0.001+0.2*r.Float64(), 100+1e6*r.Float64()
		offset := []float64{0, 1e9}[i%2]
		var columns []string
		var arms []inference.Sample
		for _, arm := range []string{"c", "t"} {
			s := sample(r, offset)
			arms = append(arms, s)
			columns = append(columns, fmt.Sprintf("%d AS n_%s", s.N, arm))
			for name, v := range map[string]float64{"mean_num": s.MeanNum, "mean_den": s.MeanDen, "var_num": s.VarNum, "var_den": s.VarDen, "cov": s.CovNumDen} {
				columns = append(columns, fmt.Sprintf("toFloat64(%s) AS %s_%s", number(v), name, arm))
			}
		}
		columns = append(columns, "toFloat64("+number(level)+") AS level", "toFloat64("+number(planned)+") AS n_star", "toFloat64(0) AS shift")
		_, _, rows, err := db.Query(t.Context(), "SELECT value_c, value_t, diff, se, p_always_valid, seq_lo, seq_hi FROM (SELECT "+
			partial(t, "live", nil)+" FROM (SELECT "+strings.Join(columns, ", ")+"))", nil)
		must(t, err)
		d, why := inference.Compare(arms[0].Moments(), arms[1].Moments())
		if why != inference.NotRefused {
			t.Fatal(why)
		}
		m, n := inference.Mixture{Alpha: level, NStar: planned}, float64(arms[0].N+arms[1].N)
		lo, hi := d.Interval(m.Multiplier(n))
		for j, want := range []float64{d.C, d.T, d.Diff, d.SE, m.P(d.Diff/d.SE, n), lo, hi} {
			got, ok := float(rows[0][j])
			if !ok || math.Abs(got-want) > 1e-9*max(1, math.Abs(want)) {
				t.Errorf("column %d: %v, want %v", j, rows[0][j], want)
			}
		}
	}
}

// sample is an arm of shoppers with some conversations each; with an offset it
// is one of values per user, around it.
func sample(r *rand.Rand, offset float64) inference.Sample {
	var m inference.Moments
	for range 20 + r.IntN(200) {
		den := float64(1 + r.IntN(9))
		num := float64(r.IntN(int(den) + 1))
		if offset != 0 {
			den = 1
		}
		m.Add(num+offset, den, 0)
	}
	return m.Sample()
}

func float(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case *float64:
		if v != nil {
			return *v, true
		}
	}
	return 0, false
}

// What the engine refuses is NULL: no digits left, one unit, no variance.
func TestLiveRefusesInSQL(t *testing.T) {
	db := connect(t, engine.DSN())
	arm := func(name string, n int, num, den, varNum, varDen, cov float64) string {
		return fmt.Sprintf("%d AS n_%[2]s, toFloat64(%[3]g) AS mean_num_%[2]s, toFloat64(%[4]g) AS mean_den_%[2]s, toFloat64(%[5]g) AS var_num_%[2]s, toFloat64(%[6]g) AS var_den_%[2]s, toFloat64(%[7]g) AS cov_%[2]s",
			n, name, num, den, varNum, varDen, cov)
	}
	good := arm("c", 100, 0.1, 1, 0.09, 0, 0)
	for name, treated := range map[string]string{
		"lost precision": arm("t", 100, 4e9, 4, 4e18+1e6, 4, 4e9),
		"one unit":       arm("t", 1, 1, 1, 0, 0, 0),
		"no denominator": arm("t", 100, 0, 0, 0, 0, 0),
	} {
		t.Log(name)
		rows := ask(t, db, "SELECT se, p_always_valid, seq_lo FROM (SELECT "+partial(t, "live", nil)+" FROM (SELECT "+good+", "+treated+", 0.01 AS level, 5000 AS n_star, 0 AS shift))")
		check(t, rows, show(nil)+"|"+show(nil)+"|"+show(nil))
	}
	alike := arm("c", 100, 0, 1, 0, 0, 0) + ", " + arm("t", 100, 0, 1, 0, 0, 0)
	check(t, ask(t, db, "SELECT z FROM (SELECT "+partial(t, "live", nil)+" FROM (SELECT "+alike+", 0.01 AS level, 5000 AS n_star, 0 AS shift))"), show(nil))
}

// The sample ratio's sequential p-value is the engine's, from ten units to ten
// million.
func TestSampleRatioInSQL(t *testing.T) {
	db := connect(t, engine.DSN())
	e := experiment.Experiment{
		Key: "e", Seed: "e", Assignment: experiment.ByAskbuy, Mode: experiment.Hybrid, Coverage: 1, Alpha: 0.05, Power: 0.8, NStar: 5000,
		Start: time.Unix(0, 0).UTC(), PlannedEnd: time.Unix(14*86400, 0).UTC(),
		Variants: []experiment.Variant{{Name: "control", Weight: 0.5, Control: true}, {Name: "a", Weight: 0.2}, {Name: "b", Weight: 0.3}},
		Metrics:  []experiment.Metric{{Name: experiment.ConversationToOrder, Role: experiment.Success, MDE: 0.1}},
	}
	for _, units := range [][]int64{{0, 0, 0}, {5, 2, 3}, {500, 230, 300}, {50_000, 20_300, 30_100}, {5_000_000, 2_000_500, 3_001_000}} {
		in := inference.Input{Experiment: e, CutOff: e.Start.Add(time.Hour), Metrics: []inference.Measured{{Refused: inference.NotMeasured}}}
		for _, n := range units {
			in.Arms = append(in.Arms, inference.Arm{Units: n})
		}
		a, err := inference.Analyse(in)
		must(t, err)
		_, _, rows, err := db.Query(t.Context(), fmt.Sprintf("SELECT %s FROM (SELECT [%d, %d, %d] AS units, [0.5, 0.2, 0.3] AS weights)",
			partial(t, "srm_p", nil), units[0], units[1], units[2]), nil)
		must(t, err)
		if got, ok := float(rows[0][0]); !ok || math.Abs(got-a.Health.SRMSequential) > 1e-9 {
			t.Errorf("%v: %v, want %v", units, rows[0][0], a.Health.SRMSequential)
		}
	}
}
