package verify

import (
	"context"
	"fmt"
	"hash/fnv"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/simulator"
	"askbuy/internal/simulator/truth"
	"askbuy/schemas/event"
)

// views is a warehouse in memory: what each view holds.
type views struct {
	*truth.Tables
	models, odd []truth.Attribution
	money       []sum
	letters     []letters
	ledger      []topic
	totals      []total
	personal    []found
	units       []truth.ExposedUnit
	registered  []registered
	counted     []truth.UnitRow
	asked       int
	before      func(asked int, v *views) error // called at each query
}

// Query recognises the verifier's questions by what they read from.
func (w *views) Query(_ context.Context, sql string, _ map[string]any, _ ...clickhouse.Settings) ([]string, []string, [][]any, error) {
	w.asked++
	if w.before != nil {
		if err := w.before(w.asked, w); err != nil {
			return nil, nil, nil, err
		}
	}
	for _, source := range []struct {
		mark string
		rows any
	}{
		{"AS place", w.personal}, {"AS exposed_units", w.units}, {"'orders in '", w.money}, {"n_letters", w.letters}, {"n_unexplained", w.ledger}, {"n_rows", w.totals},
		{"bi.experiments", w.registered}, {"bi.experiment_units", w.counted}, {"bi.attribution_models", w.models}, {"bi.attribution(", w.odd}, {"bi.messages", w.Messages}, {"bi.conversations", w.Conversations},
		{"bi.orders", w.Orders}, {"bi.order_items", w.OrderItems}, {"bi.touches", w.Touches}, {"bi.claims", w.Claims}, {"bi.funnel_daily", w.Funnel},
		{"bi.behaviors", w.Behaviors}, {"bi.exposures", w.Exposures}, {"bi.feedback", w.Feedback}, {"bi.shops", w.Shops},
	} {
		if strings.Contains(sql, source.mark) {
			return nil, nil, cells(reflect.ValueOf(source.rows)), nil
		}
	}
	return nil, nil, nil, fmt.Errorf("no such view: %s", sql)
}

// cells writes rows as the warehouse would.
func cells(rows reflect.Value) [][]any {
	var out [][]any
	for i := range rows.Len() {
		var row []any
		for _, c := range columnsOf(rows.Index(i).Type()) {
			v := rows.Index(i).Field(c.field)
			if v.Kind() == reflect.Pointer {
				if v.IsNil() {
					row = append(row, null)
					continue
				}
				v = v.Elem()
			}
			switch v.Kind() {
			case reflect.Slice:
				row = append(row, strings.Join(v.Interface().([]string), "\n"))
			case reflect.Int64:
				row = append(row, fmt.Sprint(v.Int()))
			default:
				row = append(row, fmt.Sprint(v.Interface()))
			}
		}
		out = append(out, row)
	}
	return out
}

const conversations = 80

// simulation is one simulation for all tests, which only read it.
var simulation = sync.OnceValues(func() (*simulator.Simulation, error) {
	o := simulator.DefaultOptions(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
	o.Seed, o.Conversations, o.Noise, o.PersonalData = 50, conversations, simulator.NoiseStorm, true // 50: three orders are paid in the window's last hour
	o.Trial = &simulator.Trial{Key: "greeting", Share: 0.5, Effect: 1, Contaminated: 0.1}
	return simulator.New(o)
})

// simulated writes a truth and gives a warehouse that holds exactly it.
func simulated(t *testing.T) (dir string, w *views) {
	t.Helper()
	s, err := simulation()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	if err := s.WriteTruth(dir); err != nil {
		t.Fatal(err)
	}
	return dir, holding(s.Truth())
}

func holding(tr *truth.Truth) *views {
	w := &views{}
	for i := range tr.Events {
		e := &tr.Events[i]
		if e.ID == "" { // the door's, unknown to the truth
			e.ID = fmt.Sprintf("hash-%d-%s", e.TS, e.ConvID)
		}
		for _, c := range tr.Meta.Canaries {
			e.Text = strings.ReplaceAll(e.Text, c, "[masked]")
		}
	}
	w.Tables = truth.Derive(tr.Events, scored(tr.Events), nil)
	w.models, w.odd, w.money = everyModel(w.Tables), oddModels(w.Tables), sums(w.Tables)
	w.units = truth.ExposedUnits(w.Exposures)
	w.registered, w.counted = []registered{{tr.Meta.Trial.Experiment}}, tr.Meta.Trial.Rows(w.Tables)
	byName := map[truth.Letter]int64{}
	for _, l := range tr.Letters {
		byName[l]++
	}
	for l, n := range byName {
		w.letters = append(w.letters, letters{l.ShopID, string(l.Reason), l.EventID, n, 1})
	}
	for _, l := range tr.Ledger {
		w.ledger = append(w.ledger, topic{Topic: l.Topic, Records: l.Stored + 9 + l.Conflicts, Stored: l.Stored, Duplicate: 9, Conflict: l.Conflicts})
		if viewOf[l.Topic] != "" {
			w.totals = append(w.totals, total{l.Topic, l.Stored})
		}
	}
	return w
}

// scored is some model's scores: high ones and low ones.
func scored(events []event.Event) truth.Scores {
	out := truth.Scores{}
	for _, e := range events {
		if e.Type != event.TypeMessage || e.From != event.RoleUser || e.Test || event.TextIsTest(e.Text) {
			continue
		}
		h := fnv.New32a()
		fmt.Fprint(h, e.ShopID, e.UserID, e.ID)
		n := h.Sum32()
		intent := []string{"price", "coupon", "size"}[n%3]
		out[truth.ScoreKey{ShopID: e.ShopID, UserID: e.UserID, EventID: e.ID}] = truth.Score{
			Act: []string{"purchase_claim", "bargain", "price_query"}[n/3%3], Intent: intent, IntentPath: []string{"goods", intent}, Evidence: float64(n%11) - 5,
			BuyScore: float64(n%1001) / 1000, POrder: float64(n%97) / 100, ModelID: "m1"}
	}
	return out
}

// clock is a wall clock that only sleeping moves.
type clock struct{ at time.Time }

func (c *clock) options() Options {
	return Options{
		Now:   func() time.Time { return c.at },
		Sleep: func(ctx context.Context, d time.Duration) error { c.at = c.at.Add(d); return ctx.Err() }}
}
