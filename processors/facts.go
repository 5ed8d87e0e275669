package processors

import (
	"context"
	"fmt"
	"strings"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	"askbuy/schemas/event"
)

// Facts are the events that the warehouse has.
type Facts struct{ DB *clickhouse.DB }

// Stored looks for receipts: the sinks store a partition in order, facts
// before receipts, so one at or beyond a position says that all up to it are
// stored.
func (f *Facts) Stored(ctx context.Context, needs []event.Reached) (bool, error) {
	if len(needs) == 0 {
		return true, nil
	}
	var parts []string
	params := map[string]any{}
	for i, need := range needs {
		parts = append(parts, fmt.Sprintf("SELECT * FROM (SELECT 1 AS one FROM askbuy.receipts "+
			"WHERE topic = {t%[1]d:String} AND raw_partition = {p%[1]d:Int32} AND raw_position >= {v%[1]d:Int64} LIMIT 1)", i))
		params[fmt.Sprint("t", i)], params[fmt.Sprint("p", i)], params[fmt.Sprint("v", i)] = need.Topic, need.Partition, int64(need.Position)
	}
	type count struct {
		N uint64 `ch:"n"`
	}
	rows, err := clickhouse.Select[count](ctx, f.DB, "SELECT count() AS n FROM ("+strings.Join(parts, " UNION ALL ")+")", params)
	if err != nil {
		return false, fmt.Errorf("ask for receipts: %w", err)
	}
	return len(rows) == 1 && rows[0].N == uint64(len(needs)), nil
}

// Shopper reads a shopper's messages and behaviours, and all events of the
// orders that one of them ties to the shopper.
func (f *Facts) Shopper(ctx context.Context, s event.Shopper) (History, error) {
	all, err := f.Shoppers(ctx, []event.Shopper{s})
	return all[s], err
}

// Shoppers reads the histories of several shoppers at once. Who has none is
// left out.
func (f *Facts) Shoppers(ctx context.Context, shoppers []event.Shopper) (map[event.Shopper]History, error) {
	all := make(map[event.Shopper]History, len(shoppers))
	params := map[string]any{"keys": hexKeys(shoppers)}
	for _, part := range historyParts {
		if err := part.read(f, ctx, params, all); err != nil {
			return nil, fmt.Errorf("read %s: %w", part.what, err)
		}
	}
	return all, nil
}

// historyParts are what a history consists of, and the raw topics whose facts
// each is read from. Whoever waits for facts waits for all of these.
var historyParts = []struct {
	topic, what string
	read        func(f *Facts, ctx context.Context, params map[string]any, all map[event.Shopper]History) error
}{
	{event.TopicMessages, "messages", (*Facts).messages},
	{event.TopicOrders, "order events", (*Facts).orders},
	{event.TopicBehaviors, "behaviours", (*Facts).behaviors},
}

// FactTopics are the raw topics whose facts a history is read from.
func FactTopics() []string {
	topics := make([]string, len(historyParts))
	for n, part := range historyParts {
		topics[n] = part.topic
	}
	return topics
}

// asked are the shoppers that a query is about. Their keys travel in hex, so
// that no id can be anything but an id.
const asked = `(SELECT unhex(k[1]), unhex(k[2]) FROM (SELECT splitByChar('.', arrayJoin(splitByChar(',', {keys:String}))) AS k))`

func hexKeys(shoppers []event.Shopper) string {
	keys := make([]string, len(shoppers))
	for i, s := range shoppers {
		keys[i] = fmt.Sprintf("%x.%x", s.ShopID, s.UserID)
	}
	return strings.Join(keys, ",")
}

func (f *Facts) messages(ctx context.Context, params map[string]any, all map[event.Shopper]History) error {
	type row struct {
		ShopID  string `ch:"shop_id"`
		UserID  string `ch:"user_id"`
		EventID string `ch:"event_id"`
		ConvID  string `ch:"conv_id"`
		From    string `ch:"from_role"`
		Text    string `ch:"text"`
		TS      int64  `ch:"at"`
		Test    uint8  `ch:"is_test"`
		Raw     int64  `ch:"raw_position"`
	}
	rows, err := clickhouse.Select[row](ctx, f.DB, `
		SELECT shop_id, user_id, event_id, conv_id, from_role, text, toUnixTimestamp64Milli(ts) AS at, is_test, raw_position
		FROM askbuy.messages FINAL WHERE (shop_id, user_id) IN `+asked, params)
	for _, r := range rows {
		s := event.Shopper{ShopID: r.ShopID, UserID: r.UserID}
		h := all[s]
		h.Messages = append(h.Messages, Fact{Raw: event.Position(r.Raw), Event: &event.Event{
			Type: event.TypeMessage, ID: r.EventID, ShopID: r.ShopID, UserID: r.UserID, ConvID: r.ConvID,
			TS: r.TS, Test: r.Test != 0, From: event.Role(r.From), Text: r.Text,
		}})
		all[s] = h
	}
	return err
}

// tied is an order that an event ties to one of the shoppers asked for. Copies
// that do not count are looked at, too: their users have rows to be taken back.
const tied = `SELECT DISTINCT shop_id, order_id, user_id FROM askbuy.order_events WHERE (shop_id, user_id) IN ` + asked + ` AND is_test = 0`

func (f *Facts) orders(ctx context.Context, params map[string]any, all map[event.Shopper]History) error {
	type order struct {
		ShopID  string `ch:"shop_id"`
		OrderID string `ch:"order_id"`
	}
	type tie struct {
		order
		UserID string `ch:"user_id"`
	}
	type row struct {
		order
		EventID string `ch:"event_id"`
		UserID  string `ch:"user_id"`
		Status  string `ch:"status"`
		ConvID  string `ch:"conv_id"`
		TS      int64  `ch:"at"`
		Test    uint8  `ch:"is_test"`
		Raw     int64  `ch:"raw_position"`
	}
	ties, err := clickhouse.Select[tie](ctx, f.DB, tied, params)
	if err != nil || len(ties) == 0 {
		return err
	}
	// Amounts are left out: no row of this room has any.
	rows, err := clickhouse.Select[row](ctx, f.DB, `
		SELECT shop_id, order_id, event_id, user_id, status, conv_id, toUnixTimestamp64Milli(ts) AS at, is_test, raw_position
		FROM askbuy.order_events FINAL WHERE (shop_id, order_id) IN (SELECT shop_id, order_id FROM (`+tied+`))`, params)
	if err != nil {
		return err
	}
	events := map[order][]Fact{}
	for _, r := range rows {
		events[r.order] = append(events[r.order], Fact{Raw: event.Position(r.Raw), Event: &event.Event{
			Type: event.TypeOrder, ID: r.EventID, ShopID: r.ShopID, UserID: r.UserID, ConvID: r.ConvID, OrderID: r.OrderID,
			TS: r.TS, Test: r.Test != 0, Status: event.Status(r.Status),
		}})
	}
	for _, t := range ties {
		s := event.Shopper{ShopID: t.ShopID, UserID: t.UserID}
		h := all[s]
		h.Orders = append(h.Orders, events[t.order]...)
		all[s] = h
	}
	return nil
}

func (f *Facts) behaviors(ctx context.Context, params map[string]any, all map[event.Shopper]History) error {
	type row struct {
		ShopID  string `ch:"shop_id"`
		UserID  string `ch:"user_id"`
		EventID string `ch:"event_id"`
		Name    string `ch:"name"`
		TS      int64  `ch:"at"`
		Raw     int64  `ch:"raw_position"`
	}
	rows, err := clickhouse.Select[row](ctx, f.DB, `
		SELECT shop_id, user_id, event_id, name, toUnixTimestamp64Milli(ts) AS at, raw_position
		FROM askbuy.behaviors FINAL WHERE (shop_id, user_id) IN `+asked+` AND is_test = 0`, params)
	for _, r := range rows {
		if intent.SignalOf(r.Name) == intent.NoSignal {
			continue
		}
		s := event.Shopper{ShopID: r.ShopID, UserID: r.UserID}
		h := all[s]
		h.Behaviors = append(h.Behaviors, Fact{Raw: event.Position(r.Raw), Event: &event.Event{
			Type: event.TypeBehavior, ID: r.EventID, ShopID: s.ShopID, UserID: s.UserID, TS: r.TS, Name: r.Name,
		}})
		all[s] = h
	}
	return err
}
