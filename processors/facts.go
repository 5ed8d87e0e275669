package processors

import (
	"context"
	"fmt"
	"strings"

	"askbuy/internal/clickhouse"
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

// Shopper reads a shopper's messages, and all events of the orders that one
// of them ties to the shopper.
func (f *Facts) Shopper(ctx context.Context, s event.Shopper) (History, error) {
	messages, err := f.messages(ctx, s)
	if err != nil {
		return History{}, fmt.Errorf("read messages: %w", err)
	}
	orders, err := f.orders(ctx, s)
	if err != nil {
		return History{}, fmt.Errorf("read order events: %w", err)
	}
	return History{Messages: messages, Orders: orders}, nil
}

func (f *Facts) messages(ctx context.Context, s event.Shopper) ([]Fact, error) {
	type row struct {
		EventID string `ch:"event_id"`
		ConvID  string `ch:"conv_id"`
		From    string `ch:"from_role"`
		Text    string `ch:"text"`
		TS      int64  `ch:"at"`
		Test    uint8  `ch:"is_test"`
		Raw     int64  `ch:"raw_position"`
	}
	rows, err := clickhouse.Select[row](ctx, f.DB, `
		SELECT event_id, conv_id, from_role, text, toUnixTimestamp64Milli(ts) AS at, is_test, raw_position
		FROM askbuy.messages FINAL WHERE shop_id = {shop:String} AND user_id = {user:String}`, shopperParams(s))
	facts := make([]Fact, len(rows))
	for i, r := range rows {
		facts[i] = Fact{Raw: event.Position(r.Raw), Event: &event.Event{
			Type: event.TypeMessage, ID: r.EventID, ShopID: s.ShopID, UserID: s.UserID, ConvID: r.ConvID,
			TS: r.TS, Test: r.Test != 0, From: event.Role(r.From), Text: r.Text,
		}}
	}
	return facts, err
}

func (f *Facts) orders(ctx context.Context, s event.Shopper) ([]Fact, error) {
	type row struct {
		OrderID string `ch:"order_id"`
		EventID string `ch:"event_id"`
		UserID  string `ch:"user_id"`
		Status  string `ch:"status"`
		ConvID  string `ch:"conv_id"`
		TS      int64  `ch:"at"`
		Test    uint8  `ch:"is_test"`
		Raw     int64  `ch:"raw_position"`
	}
	// Amounts are left out: no row of this room has any. The inner query sees
	// copies that do not count, too; their users have rows to be taken back.
	rows, err := clickhouse.Select[row](ctx, f.DB, `
		SELECT order_id, event_id, user_id, status, conv_id, toUnixTimestamp64Milli(ts) AS at, is_test, raw_position
		FROM askbuy.order_events FINAL WHERE shop_id = {shop:String} AND order_id IN (
			SELECT order_id FROM askbuy.order_events WHERE shop_id = {shop:String} AND user_id = {user:String} AND is_test = 0)`, shopperParams(s))
	facts := make([]Fact, len(rows))
	for i, r := range rows {
		facts[i] = Fact{Raw: event.Position(r.Raw), Event: &event.Event{
			Type: event.TypeOrder, ID: r.EventID, ShopID: s.ShopID, UserID: r.UserID, ConvID: r.ConvID, OrderID: r.OrderID,
			TS: r.TS, Test: r.Test != 0, Status: event.Status(r.Status),
		}}
	}
	return facts, err
}

func shopperParams(s event.Shopper) map[string]any {
	return map[string]any{"shop": s.ShopID, "user": s.UserID}
}
