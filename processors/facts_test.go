package processors

import (
	"context"
	"log/slog"
	"maps"
	"math"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

func newFacts(t *testing.T) *Facts {
	t.Helper()
	db := clickhousetest.Fresh(t)
	if err := clickhouse.Migrate(t.Context(), db, must(warehouse.Render(warehouse.Cluster{})), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return &Facts{DB: db}
}

// store plays the sinks: each event is a fact at its place in the list.
func (f *Facts) store(t *testing.T, events []*event.Event) {
	t.Helper()
	rows := map[string][][]any{}
	tables := map[string][]string{warehouse.Messages.Name: warehouse.Messages.Columns, warehouse.OrderEvents.Name: warehouse.OrderEvents.Columns, warehouse.Behaviors.Name: warehouse.Behaviors.Columns}
	for i, e := range events {
		id := e.Identity()
		suffix := []any{e.TS, int64(0), boolByte(e.Test), "{}", "test", string(id[:]), uint8(1), string(id[:]), uint8(0), int32(0), int64(i), uint64(math.MaxInt64 - i)}
		switch e.Type {
		case event.TypeMessage:
			row := []any{e.ShopID, e.UserID, e.ID, e.ConvID, string(e.From), e.Text, "", ""}
			rows[warehouse.Messages.Name] = append(rows[warehouse.Messages.Name], append(row, suffix...))
		case event.TypeBehavior:
			row := []any{e.ShopID, e.UserID, e.ID, e.Name, "", "", "", "", uint64(0)}
			rows[warehouse.Behaviors.Name] = append(rows[warehouse.Behaviors.Name], append(row, suffix...))
		case event.TypeOrder:
			row := []any{e.ShopID, e.OrderID, e.ID, e.UserID, string(e.Status), nil, nil, "", nil, "", "", e.ConvID, uint8(0), []any{}}
			rows[warehouse.OrderEvents.Name] = append(rows[warehouse.OrderEvents.Name], append(row, suffix...))
		}
	}
	for table, list := range rows {
		if err := f.DB.Insert(context.Background(), table, tables[table], list); err != nil {
			t.Fatal(err)
		}
	}
}

func boolByte(b bool) uint8 {
	if b {
		return 1
	}
	return 0
}

// Rows rebuilt from the warehouse are those of the contract.
func TestFactsGiveTheRows(t *testing.T) {
	f := newFacts(t)
	events, dice := crowd(3, 40)
	events[0].TS, events[0].From, events[0].Test = -5*day, event.RoleUser, false // before 1970
	f.store(t, delivery(dice, events))
	got := map[string]string{}
	for _, user := range []string{"u1", "u2", "u3"} {
		s := event.Shopper{ShopID: "s", UserID: user}
		h, err := f.Shopper(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		j := testJoin(DefaultLimits())
		maps.Copy(got, texts(rebuildTest(j, s, h, 0)))
	}
	maps.DeleteFunc(got, func(_, text string) bool { return text == "" })
	if different := diff(truth(testModels, testFold, events), got); different != "" {
		t.Error(different)
	}
}

func TestStored(t *testing.T) {
	f := newFacts(t)
	receipt := func(topic string, partition int32, at event.Position) []any {
		return []any{topic, partition, int64(at), "duplicate", "test", "s", string(make([]byte, 16)), int64(0)}
	}
	if err := f.DB.Insert(t.Context(), warehouse.Receipts.Name, warehouse.Receipts.Columns, [][]any{
		receipt(event.TopicMessages, 1, event.At(2, 7)), receipt(event.TopicOrders, 0, 3),
	}); err != nil {
		t.Fatal(err)
	}
	reached := func(topic string, partition int32, at event.Position) event.Reached {
		return event.Reached{Topic: topic, Partition: partition, Position: at}
	}
	for _, c := range []struct {
		needs []event.Reached
		want  bool
	}{
		{nil, true},
		{[]event.Reached{reached(event.TopicMessages, 1, event.At(2, 7))}, true},
		{[]event.Reached{reached(event.TopicMessages, 1, event.At(1, 900))}, true},
		{[]event.Reached{reached(event.TopicMessages, 1, event.At(2, 8))}, false},
		{[]event.Reached{reached(event.TopicMessages, 0, 0)}, false},
		{[]event.Reached{reached(event.TopicMessages, 1, 0), reached(event.TopicOrders, 0, 3)}, true},
		{[]event.Reached{reached(event.TopicMessages, 1, 0), reached(event.TopicOrders, 0, 4)}, false},
	} {
		if got, err := f.Stored(t.Context(), c.needs); err != nil || got != c.want {
			t.Errorf("%v: %v, %v", c.needs, got, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Stored(ctx, []event.Reached{{}}); err == nil {
		t.Error("no error without a warehouse")
	}
	if _, err := f.Shopper(ctx, event.Shopper{}); err == nil {
		t.Error("no error without a warehouse")
	}
}
