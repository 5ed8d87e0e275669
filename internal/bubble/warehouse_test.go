//go:build synctests

package bubble

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"askbuy/internal/clickhouse"
	"askbuy/processors"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
	"askbuy/sinks"
)

// warehouse stands in for ClickHouse: tables that keep of the rows with one
// key the one of the greatest version, of equal ones the last, and weather
// that comes between. Errors are the server's own, so that the client's
// judgement of them is the real one.
type warehouse struct {
	weather *weather

	mu     sync.Mutex
	tables map[string]*table
}

// table has every row that was ever inserted, and those that FINAL shows.
type table struct {
	schema.Table
	key   func(row []any) string
	all   []row
	final map[string]row
}

type row struct {
	*table
	values []any
}

func newWarehouse(b badWeather) *warehouse {
	w := &warehouse{weather: newWeather(b), tables: map[string]*table{}}
	for _, t := range schema.Tables() {
		key := func(row []any) string { return fmt.Sprint(row[:3]) }
		if t.Name == schema.DeadLetters.Name {
			key = func(row []any) string { return fmt.Sprint(row[0], row[len(row)-3:]) }
		}
		w.tables[t.Name] = &table{Table: t, key: key, final: map[string]row{}}
	}
	return w
}

func (r row) at(column string) any { return r.values[slices.Index(r.Columns, column)] }

func (r row) version() uint64 {
	if slices.Contains(r.Columns, "version") {
		return r.at("version").(uint64)
	}
	return 0
}

func (w *warehouse) Insert(ctx context.Context, name string, columns []string, rows [][]any) error {
	t := w.tables[name]
	if !slices.Equal(columns, t.Columns) {
		panic("rows of " + name + " have other columns")
	}
	return w.weather.pass(ctx, name, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		for _, values := range rows {
			r := row{t, values}
			t.all = append(t.all, r)
			if old, there := t.final[t.key(values)]; !there || r.version() >= old.version() {
				t.final[t.key(values)] = r
			}
		}
	})
}

func (w *warehouse) Refused(err error) bool { return clickhouse.Refused(err) }

func (w *warehouse) Probe(context.Context, string, []string) error { return nil }

// LastBefore: these logs have no former life.
func (w *warehouse) LastBefore(context.Context, string, event.Position) (int64, error) {
	return 0, errors.New("there is no former log")
}

func (w *warehouse) Unexplained(context.Context) (int64, error) { return 0, nil }

// rows are those of a table that FINAL shows and a condition holds for.
func (w *warehouse) rows(t schema.Table, where func(row) bool) (found []row) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.tables[t.Name].final {
		if where == nil || where(r) {
			found = append(found, r)
		}
	}
	return found
}

// facts is the table of a raw topic.
func facts(topic string) schema.Table {
	return map[string]schema.Table{
		event.TopicMessages: schema.Messages, event.TopicOrders: schema.OrderEvents, event.TopicBehaviors: schema.Behaviors,
		event.TopicExposures: schema.Exposures, event.TopicFeedback: schema.Feedback, event.TopicAliases: schema.Aliases,
		event.TopicReplies: schema.Replies, event.TopicHandoffs: schema.Handoffs,
	}[topic]
}

func (r row) identity() (id event.IdentityHash) {
	copy(id[:], r.at("identity").(string))
	return id
}

func (r row) position() event.Position { return event.Position(r.at("raw_position").(int64)) }

func (r row) copy() event.Copy {
	c := event.Copy{Version: r.at("fp_version").(uint8), TS: r.at("ts").(int64), NoTS: r.at("no_ts").(uint8) == 1}
	copy(c.Body[:], r.at("fp").(string))
	return c
}

func (w *warehouse) FirstCopies(ctx context.Context, topic string, events []*event.Event) (map[event.IdentityHash]sinks.First, error) {
	found := map[event.IdentityHash]sinks.First{}
	err := w.weather.pass(ctx, "", func() {
		asked := map[event.IdentityHash]bool{}
		for _, e := range events {
			asked[e.Identity()] = true
		}
		for _, r := range w.rows(facts(topic), func(r row) bool { return asked[r.identity()] }) {
			found[r.identity()] = sinks.First{
				Copy: r.copy(), At: r.position(), Partition: r.at("raw_partition").(int32), ReceivedAt: r.at("received_at").(int64),
				ShopID: r.at("shop_id").(string), Source: r.at("source").(string),
			}
		}
	})
	return found, err
}

func (w *warehouse) Newest(ctx context.Context, p sinks.Partition, below event.Position, limit int) ([]sinks.Stored, error) {
	var found []sinks.Stored
	err := w.weather.pass(ctx, "", func() {
		for _, r := range w.rows(facts(p.Topic), func(r row) bool { return r.at("raw_partition") == any(p.Index) && r.position() < below }) {
			found = append(found, sinks.Stored{Identity: r.identity(), At: r.position(), ReceivedAt: r.at("received_at").(int64)})
		}
		slices.SortFunc(found, func(a, b sinks.Stored) int { return int(b.At - a.At) })
		found = found[:min(limit, len(found))]
	})
	return found, err
}

// Stored and Shopper are what the repairer asks.
func (w *warehouse) Stored(ctx context.Context, needs []event.Reached) (stored bool, err error) {
	err = w.weather.pass(ctx, "", func() {
		stored = true
		for _, need := range needs {
			there := w.rows(schema.Receipts, func(r row) bool {
				return r.at("topic") == any(need.Topic) && r.at("raw_partition") == any(need.Partition) && r.position() >= need.Position
			})
			stored = stored && len(there) > 0
		}
	})
	return stored, err
}

func (w *warehouse) Shopper(ctx context.Context, s event.Shopper) (h processors.History, err error) {
	err = w.weather.pass(ctx, "", func() {
		h.Messages = w.told(schema.Messages, func(r row) bool {
			return r.at("shop_id") == any(s.ShopID) && r.at("user_id") == any(s.UserID)
		})
		ties := w.ties(s)
		h.Orders = w.told(schema.OrderEvents, func(r row) bool {
			return r.at("shop_id") == any(s.ShopID) && ties[r.at("order_id").(string)]
		})
	})
	return h, err
}

// ties are the orders that an event names the shopper in, one of those copies
// that do not count included.
func (w *warehouse) ties(s event.Shopper) map[string]bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	ties := map[string]bool{}
	for _, r := range w.tables[schema.OrderEvents.Name].all {
		if r.at("shop_id") == any(s.ShopID) && r.at("user_id") == any(s.UserID) && r.at("is_test") == any(uint8(0)) {
			ties[r.at("order_id").(string)] = true
		}
	}
	return ties
}

func (w *warehouse) told(t schema.Table, where func(row) bool) (list []processors.Fact) {
	for _, r := range w.rows(t, where) {
		list = append(list, processors.Fact{Event: r.event(), Raw: r.position()})
	}
	return list
}

// event is what a row of messages or order events tells.
func (r row) event() *event.Event {
	text := func(column string) string {
		if !slices.Contains(r.Columns, column) {
			return ""
		}
		return r.at(column).(string)
	}
	e := &event.Event{
		Type: event.TypeMessage, ID: text("event_id"), ShopID: text("shop_id"), UserID: text("user_id"), ConvID: text("conv_id"),
		TS: r.at("ts").(int64), Test: r.at("is_test") == any(uint8(1)), From: event.Role(text("from_role")), Text: text("text"),
	}
	if r.Name == schema.OrderEvents.Name {
		e.Type, e.OrderID, e.Status = event.TypeOrder, text("order_id"), event.Status(text("status"))
	}
	return e
}
