package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/simulator/truth"
)

func TestATrueWarehousePasses(t *testing.T) {
	dir, w := simulated(t)
	c := &clock{}
	r, err := Run(t.Context(), w, dir, c.options())
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		t.Fatal(err)
	}
	if !r.OK() {
		t.Error(b.String())
	}
	if !c.at.IsZero() {
		t.Errorf("it waited %s for what was already true", c.at.Sub(time.Time{}))
	}
	for _, check := range r.Checks {
		if check.Rows == 0 {
			t.Errorf("%s compared nothing", check.Name)
		}
	}
}

func ptr[T any](v T) *T { return &v }

// mutations spoil one row each; the check of that name must see it.
var mutations = []struct {
	check, what string
	spoil       func(*views)
}{
	{"messages", "text", func(w *views) { w.Messages[3].Text += "!" }},
	{"messages", "ts by a millisecond", func(w *views) { w.Messages[3].TS++ }},
	{"messages", "lost", func(w *views) { w.Messages = w.Messages[1:] }},
	{"messages", "twice", func(w *views) { w.Messages = append(w.Messages, w.Messages[0]) }},
	{"messages", "a forged one", func(w *views) {
		m := w.Messages[0]
		m.EventID = "forged"
		w.Messages = append(w.Messages, m)
	}},
	{"scores", "none", func(w *views) { user(w).BuyScore = nil }},
	{"scores", "out of range", func(w *views) { user(w).POrder = ptr(1.5) }},
	{"scores", "four decimals", func(w *views) { user(w).BuyScore = ptr(0.1234) }},
	{"scores", "a bot's", func(w *views) {
		i := slices.IndexFunc(w.Messages, func(m truth.Message) bool { return m.FromRole == "bot" })
		w.Messages[i].BuyScore = ptr(0.5)
	}},
	{"conversations", "count", func(w *views) { w.Conversations[0].UserMessages++ }},
	{"conversations", "day", func(w *views) { w.Conversations[0].CohortDate = "2026-01-01" }},
	{"conversations", "level", func(w *views) { w.Conversations[0].IntentLevel += "er" }},
	{"conversations", "amount by a cent", func(w *views) { w.Conversations[0].NetAmount++ }},
	{"conversations", "moment of high intent", func(w *views) { w.Conversations[0].HighIntentAt = ptr(truth.Millis(5)) }},
	{"orders", "attributed to another", func(w *views) { w.Orders[0].ConvID += "x" }},
	{"orders", "time of payment", func(w *views) { w.Orders[0].PaidAt = ptr(truth.Millis(5)) }},
	{"orders", "arrival for event time", func(w *views) { w.Orders[0].CreatedAt = ptr(truth.Millis(6)) }},
	{"order_items", "quantity", func(w *views) { w.OrderItems[0].Quantity++ }},
	{"touches", "lost", func(w *views) { w.Touches = w.Touches[1:] }},
	{"touches", "rank", func(w *views) { w.Touches[0].RankFirst++ }},
	{"touches", "score", func(w *views) { w.Touches[0].BuyScoreAtTouch = nil }},
	{"attribution_models", "credit", func(w *views) { w.models[0].Credit *= .999 }},
	{"attribution", "window", func(w *views) { w.odd = w.odd[1:] }},
	{"claims", "claimed", func(w *views) { w.Claims[0].Claimed++ }},
	{"claims", "kept rate", func(w *views) { w.Claims[0].KeptRate = ptr(.12345) }},
	{"claims", "a day lost", func(w *views) { w.Claims = w.Claims[1:] }},
	{"claims", "bargaining with a cart", func(w *views) { w.Claims[0].BargainingWithoutCart-- }},
	{"funnel_daily", "ordered", func(w *views) { w.Funnel[0].Ordered++ }},
	{"funnel_daily", "rate", func(w *views) { w.Funnel[0].HighIntentRate = ptr(0.12345) }},
	{"behaviors", "lost", func(w *views) { w.Behaviors = w.Behaviors[1:] }},
	{"exposures", "variant", func(w *views) { w.Exposures[0].Variant += "x" }},
	{"exposed_units", "variant of a later exposure", func(w *views) { w.units[0].Variant += "x" }},
	{"exposed_units", "first exposure by a millisecond", func(w *views) { w.units[0].FirstExposureAt++ }},
	{"exposed_units", "contamination", func(w *views) { w.units[0].IsContaminated ^= 1 }},
	{"exposed_units", "an exposure lost", func(w *views) { w.units[0].Exposures-- }},
	{"exposed_units", "a unit lost", func(w *views) { w.units = w.units[1:] }},
	{"experiment_units", "a unit lost", func(w *views) { w.counted = w.counted[1:] }},
	{"experiment_units", "contamination", func(w *views) { w.counted[0].IsContaminated ^= 1 }},
	{"experiment_units", "an order too many", func(w *views) { w.counted[0].Orders++ }},
	{"experiment_units", "revenue by a cent", func(w *views) { w.counted[0].Revenue += 0.01 }},
	{"feedback", "rating", func(w *views) { w.Feedback[0].Rating = ptr(int64(9)) }},
	{"shops", "currency", func(w *views) { w.Shops[0].ReportingCurrency = "EUR" }},
	{"money", "one cent", func(w *views) { w.money[0].Net++ }},
	{"dead_letters", "lost", func(w *views) { w.letters = w.letters[1:] }},
	{"dead_letters", "reason", func(w *views) { w.letters[0].Reason = "refused_row" }},
	{"dead_letters", "never delivered", func(w *views) { w.letters[0].Deliveries = 0 }},
	{"ledger", "unexplained", func(w *views) { w.ledger[0].Unexplained++; w.ledger[0].Records++ }},
	{"ledger", "in flight", func(w *views) { w.ledger[0].InFlight++; w.ledger[0].Records++ }},
	{"ledger", "does not add up", func(w *views) { w.ledger[0].Records++ }},
	{"ledger", "stored twice", func(w *views) { w.ledger[0].Stored++; w.ledger[0].Records++ }},
	{"ledger", "no conflicts", func(w *views) { w.ledger[0].Records -= w.ledger[0].Conflict; w.ledger[0].Conflict = 0 }},
	{"personal_data", "a phone number", func(w *views) { w.personal = []found{{"bi.messages", "m1"}} }},
}

func user(w *views) *truth.Message {
	return &w.Messages[slices.IndexFunc(w.Messages, func(m truth.Message) bool { return m.BuyScore != nil })]
}

func TestEveryCheckCanFail(t *testing.T) {
	covered := map[string]bool{}
	for _, m := range mutations {
		t.Run(m.check+": "+m.what, func(t *testing.T) {
			covered[m.check] = true
			dir, w := simulated(t)
			m.spoil(w)
			o := (&clock{}).options()
			o.Settle, o.Timeout = time.Millisecond, time.Second
			r, err := Run(t.Context(), w, dir, o)
			if err != nil && m.check != "ledger" {
				t.Fatal(err)
			}
			i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Name == m.check })
			if r.OK() || i < 0 || r.Checks[i].Found == 0 || len(r.Checks[i].Differences) == 0 {
				t.Errorf("not seen: %+v", r.Checks)
			}
		})
	}
	dir, w := simulated(t)
	r, err := Run(t.Context(), w, dir, (&clock{}).options())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range r.Checks {
		if !covered[c.Name] {
			t.Errorf("nothing shows that %s can fail", c.Name)
		}
	}
}

func TestItWaitsForWhatIsOnItsWay(t *testing.T) {
	dir, w := simulated(t)
	touches := w.Touches
	w.Touches = nil
	w.ledger[0].InFlight, w.ledger[0].Records = 5, w.ledger[0].Records+5
	c := &clock{}
	w.before = func(_ int, w *views) error {
		if c.at.Sub(time.Time{}) > 40*time.Second {
			w.ledger[0].Records -= w.ledger[0].InFlight
			w.ledger[0].InFlight = 0
		}
		if c.at.Sub(time.Time{}) > 55*time.Second {
			w.Touches = touches
		}
		return nil
	}
	r, err := Run(t.Context(), w, dir, c.options())
	if err != nil || !r.OK() {
		t.Errorf("want a pass after 56 s, have %v after %s", err, c.at.Sub(time.Time{}))
	}
}

func TestWaitingEnds(t *testing.T) {
	dir, w := simulated(t)
	w.ledger[0].InFlight, w.ledger[0].Records = 5, w.ledger[0].Records+5
	c := &clock{}
	r, err := Run(t.Context(), w, dir, c.options())
	if err == nil || r == nil || !strings.Contains(err.Error(), "in flight") {
		t.Errorf("want a report and an error, have %v", err)
	}
	if waited := c.at.Sub(time.Time{}); waited < 2*time.Minute || waited > 125*time.Second {
		t.Errorf("it waited %s, want two minutes", waited)
	}
}

func TestLastingDifferencesEndTheWaiting(t *testing.T) {
	dir, w := simulated(t)
	w.Orders = w.Orders[1:]
	c := &clock{}
	r, err := Run(t.Context(), w, dir, c.options())
	if err != nil || r.OK() {
		t.Errorf("want differences, have %v", err)
	}
	if waited := c.at.Sub(time.Time{}); waited > 25*time.Second {
		t.Errorf("it waited %s for what would not change", waited)
	}
}

func TestAWarehouseThatIsAwayIsAnError(t *testing.T) {
	dir, w := simulated(t)
	away := errors.New("connection refused")
	for n := 1; n <= 21; n++ {
		w.asked = 0
		w.before = func(asked int, _ *views) error {
			if asked == n {
				return away
			}
			return nil
		}
		if _, err := Run(t.Context(), w, dir, (&clock{}).options()); !errors.Is(err, away) {
			t.Errorf("query %d: want its error, have %v", n, err)
		}
	}
	if _, err := Run(t.Context(), w, t.TempDir(), Options{}); err == nil {
		t.Error("want an error without a truth")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.before, w.Orders = nil, nil
	if _, err := Run(ctx, w, dir, (&clock{}).options()); !errors.Is(err, context.Canceled) {
		t.Errorf("want to stop when told to, have %v", err)
	}
}

func TestTheTableOfDifferences(t *testing.T) {
	c := Check{Name: "orders", Rows: 30}
	for i := range 25 {
		c.differ(fmt.Sprintf("s / o%02d", i), "status", "paid", "created")
	}
	c.differ("x", "", "a row", "none")
	var b strings.Builder
	if err := (&Report{Checks: []Check{c, {Name: "touches", Rows: 1}}}).Write(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"orders   30    26", "touches  1     none", "26 differ, the first 20", "s / o19", "TRUTH"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("want %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "s / o20") {
		t.Error("more than twenty are shown")
	}
}
