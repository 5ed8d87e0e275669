package verify

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
	"askbuy/internal/experiment"
	"askbuy/internal/simulator/truth"
	"askbuy/report"
	"askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

// TestTheRealViewsAgree puts a simulation's events into the warehouse's tables,
// with the touches that must come of them, and verifies the real views: two
// readings of one contract, in SQL and in Go.
func TestTheRealViewsAgree(t *testing.T) {
	if r := played(t, breakage{}); !r.OK() {
		t.Error(r)
	}
}

// breakage is a fault planted between the door and the views.
type breakage struct {
	name    string
	views   *strings.Replacer               // on the views' SQL
	event   func(*event.Event)              // on what is stored
	again   func(i int, e event.Event) bool // stored twice, under another id
	reddens []string                        // at least these checks
}

func TestPlantedFaultsAreSeen(t *testing.T) {
	for _, b := range []breakage{
		{name: "the window is an hour short", views: strings.NewReplacer("72", "71"), reddens: []string{"orders", "conversations", "funnel_daily"}},
		{name: "arrival stands for event time", event: func(e *event.Event) { e.TS += 90_000_000 }, reddens: []string{"messages", "behaviors", "conversations", "orders"}},
		{name: "deduplication is off", again: func(i int, _ event.Event) bool { return i%10 == 0 }, reddens: []string{"messages", "conversations", "behaviors"}},
		{name: "test traffic counts", event: func(e *event.Event) { e.Test = false }, reddens: []string{"behaviors", "messages"}},
		{name: "shops are mixed up", event: func(e *event.Event) {
			if e.ShopID == "sim-50002" {
				e.ShopID = "sim-50000"
			}
		}, reddens: []string{"messages", "orders", "money", "shops"}},
	} {
		t.Run(b.name, func(t *testing.T) {
			r := played(t, b)
			for _, name := range b.reddens {
				i := slices.IndexFunc(r.Checks, func(c Check) bool { return c.Name == name })
				if r.Checks[i].Found == 0 {
					t.Errorf("%s stays green", name)
				}
			}
		})
	}
}

// played fills a fresh warehouse, with a fault or without, and verifies it.
func played(t *testing.T, b breakage) *Report {
	t.Helper()
	dir, w := simulated(t)
	db := clickhousetest.Fresh(t)
	setUp(t, db, b.views)
	tr, err := truth.Read(dir)
	must(t, err)
	holding(tr) // names and masks, as the door does
	insertDerived(t, db, tr, w)
	insertLetters(t, db, tr)
	for i := range tr.Events {
		if b.again != nil && b.again(i, tr.Events[i]) {
			copied := tr.Events[i]
			copied.ID += "-again"
			tr.Events = append(tr.Events, copied)
		}
		if b.event != nil {
			b.event(&tr.Events[i])
		}
	}
	insertFacts(t, db, tr)
	o := (&clock{}).options()
	o.Settle, o.Timeout, o.Count = time.Millisecond, time.Second, counting(t, db, dir)
	r, err := Run(t.Context(), db, dir, o)
	must(t, err)
	return r
}

// counting registers the truth's experiment, whose units are counted as a
// report does.
func counting(t *testing.T, db *clickhouse.DB, dir string) func(context.Context, string) error {
	t.Helper()
	x, err := report.NewExperiments(db, warehouse.Cluster{}, time.Now, func() uint64 { return 0 })
	must(t, err)
	files, err := experiment.Load(filepath.Join(dir, "experiments"))
	must(t, err)
	_, err = x.Register(t.Context(), files)
	must(t, err)
	return func(ctx context.Context, _ string) error {
		_, err := x.Refresh(ctx, files[0])
		return err
	}
}

// String makes a report readable in a test's log.
func (r *Report) String() string {
	var b strings.Builder
	if err := r.Write(&b); err != nil {
		return err.Error()
	}
	return b.String()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func setUp(t *testing.T, db *clickhouse.DB, edit *strings.Replacer) {
	t.Helper()
	migrations, err := warehouse.Render(warehouse.Cluster{})
	must(t, err)
	must(t, clickhouse.Migrate(t.Context(), db, migrations, slog.New(slog.DiscardHandler)))
	views, err := warehouse.Views(warehouse.Cluster{})
	must(t, err)
	for _, v := range views {
		if edit != nil {
			v.SQL = edit.Replace(v.SQL)
		}
		must(t, db.Exec(t.Context(), v.SQL, nil))
	}
}

func insertFacts(t *testing.T, db *clickhouse.DB, tr *truth.Truth) {
	t.Helper()
	rows := map[string][][]any{}
	for i := range tr.Events {
		e := &tr.Events[i]
		id, at := e.Identity(), int64(i)
		test := e.Test || e.Type == event.TypeMessage && event.TextIsTest(e.Text)
		suffix := []any{e.TS, e.TS + 1, bit(test), "", "events", string(id[:]), uint8(1), string(id[:]), uint8(0), int32(0), at, uint64(math.MaxInt64 - at)}
		table, values := factRow(e)
		rows[table.Name] = append(rows[table.Name], append(values, suffix...))
		rows[warehouse.Receipts.Name] = append(rows[warehouse.Receipts.Name],
			[]any{e.Type.Topic(), int32(0), at, "stored", "events", e.ShopID, string(id[:]), e.TS + 1})
	}
	for _, l := range tr.Ledger {
		for i := range l.Conflicts {
			rows[warehouse.Receipts.Name] = append(rows[warehouse.Receipts.Name],
				[]any{l.Topic, int32(1), i, "conflict", "events", "s", strings.Repeat("x", 16), int64(0)})
		}
	}
	for _, table := range warehouse.Tables() {
		must(t, db.Insert(t.Context(), table.Name, table.Columns, rows[table.Name]))
	}
}

func factRow(e *event.Event) (warehouse.Table, []any) {
	switch e.Type {
	case event.TypeOrder:
		items := make([][]any, len(e.Items))
		for i, it := range e.Items {
			items[i] = []any{it.ItemID, it.Category, it.Quantity, it.Amount.String(), ""}
		}
		return warehouse.OrderEvents, []any{e.ShopID, e.OrderID, e.ID, e.UserID, string(e.Status), amount(e.Amount), amount(e.RefundedAmount),
			e.RefundID, amount(e.RefundAmount), e.Currency, e.Coupon, e.ConvID, bit(e.Items != nil), items}
	case event.TypeBehavior:
		return warehouse.Behaviors, []any{e.ShopID, e.UserID, e.ID, e.Name, e.ConvID, e.ItemID, e.PageID, e.Category, e.DwellMS}
	case event.TypeExposure:
		return warehouse.Exposures, []any{e.ShopID, e.UserID, e.ID, e.Experiment, e.Variant, e.ConvID}
	case event.TypeFeedback:
		var rating, resolved any
		if e.Rating != nil {
			rating = uint8(*e.Rating)
		}
		if e.Resolved != nil {
			resolved = bit(*e.Resolved)
		}
		return warehouse.Feedback, []any{e.ShopID, e.UserID, e.ID, e.ConvID, rating, resolved}
	case event.TypeAlias:
		return warehouse.Aliases, []any{e.ShopID, e.UserID, e.ID, e.Alias}
	}
	return warehouse.Messages, []any{e.ShopID, e.UserID, e.ID, e.ConvID, string(e.From), e.Text, e.Channel, e.BotID}
}

func bit(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

func amount(m *event.Money) any {
	if m == nil {
		return nil
	}
	return m.String()
}

// insertDerived writes what the processors would have.
func insertDerived(t *testing.T, db *clickhouse.DB, tr *truth.Truth, w *views) {
	t.Helper()
	scores, known := [][]any{}, scored(tr.Events)
	for _, e := range tr.Events {
		s, ok := known[truth.ScoreKey{ShopID: e.ShopID, UserID: e.UserID, EventID: e.ID}]
		if ok && e.Type == event.TypeMessage {
			scores = append(scores, []any{e.ShopID, e.UserID, e.ID, e.ConvID, e.TS, s.Intent, s.IntentPath, s.Evidence, s.BuyScore, s.POrder, s.ModelID, uint64(1)})
		}
	}
	columns := []string{"shop_id", "user_id", "event_id", "conv_id", "ts", "intent", "intent_path", "evidence", "buy_score", "p_order", "model_id", "version"}
	must(t, db.Insert(t.Context(), warehouse.MessageScores.Name, columns, scores))
	type key struct{ shop, order, user string }
	touches, at := map[key][][]any{}, map[key]truth.Millis{}
	for _, x := range w.Touches {
		k := key{x.ShopID, x.OrderID, x.UserID}
		touches[k] = append(touches[k], []any{x.ConvID, int64(x.TouchAt), bit(x.Evidence == "explicit"), uint32(x.RankLast), uint32(x.RankFirst), *x.BuyScoreAtTouch})
		at[k] = x.OrderAt
	}
	var rows [][]any
	for k, list := range touches {
		rows = append(rows, []any{k.shop, k.order, k.user, int64(at[k]), "", list, uint64(1)})
	}
	must(t, db.Insert(t.Context(), warehouse.Touches.Name, warehouse.Touches.Columns, rows))
}

func insertLetters(t *testing.T, db *clickhouse.DB, tr *truth.Truth) {
	t.Helper()
	var rows [][]any
	for i, l := range tr.Letters {
		rows = append(rows, []any{fmt.Sprint(i), "ingest", string(l.Reason), "", "events", l.ShopID, "", l.EventID, int64(0), "t", int32(0), int64(i)})
	}
	must(t, db.Insert(t.Context(), warehouse.DeadLetters.Name, warehouse.DeadLetters.Columns, rows))
}
