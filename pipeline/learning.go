package pipeline

import (
	"context"
	"fmt"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
)

// learningDays is how far before the latest message a training looks: shops
// change, and the past must fit into memory.
const learningDays = 180

// LearningFacts reads what a model learns from: facts alone, none of what
// askbuy made of them.
func LearningFacts(ctx context.Context, db *clickhouse.DB) (facts learn.Facts, err error) {
	since, err := learningSince(ctx, db)
	if err != nil {
		return facts, err
	}
	if facts.Messages, err = learningMessages(ctx, db, since); err != nil {
		return facts, fmt.Errorf("read messages to learn from: %w", err)
	}
	if facts.Orders, err = learningOrders(ctx, db, since); err != nil {
		return facts, fmt.Errorf("read orders to learn from: %w", err)
	}
	if facts.Behaviors, err = learningBehaviors(ctx, db, since); err != nil {
		return facts, fmt.Errorf("read behaviours to learn from: %w", err)
	}
	if facts.Actions, err = learningActions(ctx, db, since); err != nil {
		return facts, fmt.Errorf("read actions to learn from: %w", err)
	}
	return facts, nil
}

// learningSince asks no clock: what is read depends on the facts alone.
func learningSince(ctx context.Context, db *clickhouse.DB) (map[string]any, error) {
	last, err := clickhouse.One[struct {
		TS int64 `ch:"at"`
	}](ctx, db, "SELECT toUnixTimestamp64Milli(max(ts)) AS at FROM askbuy.messages WHERE from_role = 'user' AND is_test = 0", nil)
	if err != nil {
		return nil, fmt.Errorf("read the latest message: %w", err)
	}
	return map[string]any{"since": last.TS - learningDays*24*60*60*1000}, nil
}

func learningMessages(ctx context.Context, db *clickhouse.DB, since map[string]any) ([]learn.Message, error) {
	type row struct {
		Shop string `ch:"shop_id"`
		User string `ch:"user_id"`
		Conv string `ch:"conv_id"`
		ID   string `ch:"event_id"`
		Text string `ch:"text"`
		TS   int64  `ch:"at"`
	}
	rows, err := clickhouse.Select[row](ctx, db, `
		SELECT shop_id, user_id, conv_id, event_id, text, toUnixTimestamp64Milli(ts) AS at
		FROM askbuy.messages FINAL WHERE from_role = 'user' AND is_test = 0 AND toUnixTimestamp64Milli(ts) >= {since:Int64}`, since)
	facts := make([]learn.Message, len(rows))
	for i, r := range rows {
		facts[i] = learn.Message{Shopper: learn.Shopper{Shop: r.Shop, User: r.User}, Conv: r.Conv, ID: r.ID, Text: r.Text, TS: r.TS}
	}
	return facts, err
}

func learningOrders(ctx context.Context, db *clickhouse.DB, since map[string]any) ([]learn.Order, error) {
	type row struct {
		Shop   string `ch:"shop_id"`
		User   string `ch:"user_id"`
		ID     string `ch:"order_id"`
		Named  string `ch:"named_conv_id"`
		PaidAt int64  `ch:"paid"`
		LostAt int64  `ch:"lost"`
		Kept   uint8  `ch:"kept"`
	}
	rows, err := clickhouse.Select[row](ctx, db, `
		SELECT shop_id, user_id, order_id, named_conv_id, toUnixTimestamp64Milli(assumeNotNull(paid_at)) AS paid,
			least(ifNull(toUnixTimestamp64Milli(cancelled_at), {never:Int64}), ifNull(toUnixTimestamp64Milli(refunded_at), {never:Int64})) AS lost,
			toUInt8(net_amount > 0) AS kept
		FROM askbuy.order_fold WHERE paid_at IS NOT NULL AND user_id != '' AND toUnixTimestamp64Milli(assumeNotNull(paid_at)) >= {since:Int64}`,
		map[string]any{"since": since["since"], "never": learn.Never})
	facts := make([]learn.Order, len(rows))
	for i, r := range rows {
		facts[i] = learn.Order{Shopper: learn.Shopper{Shop: r.Shop, User: r.User}, ID: r.ID, NamedConv: r.Named, PaidAt: r.PaidAt, LostAt: r.LostAt, Kept: r.Kept != 0}
	}
	return facts, err
}

func learningBehaviors(ctx context.Context, db *clickhouse.DB, since map[string]any) ([]learn.Behavior, error) {
	type row struct {
		Shop string `ch:"shop_id"`
		User string `ch:"user_id"`
		Name string `ch:"name"`
		TS   int64  `ch:"at"`
	}
	rows, err := clickhouse.Select[row](ctx, db, `
		SELECT shop_id, user_id, name, toUnixTimestamp64Milli(ts) AS at
		FROM askbuy.behaviors FINAL WHERE is_test = 0 AND toUnixTimestamp64Milli(ts) >= {since:Int64}`, since)
	facts := make([]learn.Behavior, len(rows))
	for i, r := range rows {
		facts[i] = learn.Behavior{Shopper: learn.Shopper{Shop: r.Shop, User: r.User}, Name: r.Name, TS: r.TS}
	}
	return facts, err
}

// learningActions reads what was done because of scores, or left undone, from
// the exposures that say so.
func learningActions(ctx context.Context, db *clickhouse.DB, since map[string]any) ([]learn.Action, error) {
	type row struct {
		Shop       string  `ch:"shop_id"`
		User       string  `ch:"user_id"`
		Conv       string  `ch:"conv_id"`
		Variant    string  `ch:"variant"`
		Propensity float64 `ch:"propensity"`
	}
	rows, err := clickhouse.Select[row](ctx, db, `
		SELECT shop_id, user_id, conv_id, variant, JSONExtractFloat(attrs, 'propensity') AS propensity
		FROM askbuy.exposures FINAL
		WHERE experiment = {experiment:String} AND variant IN ({taken:String}, {left:String}) AND conv_id != '' AND is_test = 0 AND toUnixTimestamp64Milli(ts) >= {since:Int64}`,
		map[string]any{"since": since["since"], "experiment": intent.ActionExperiment, "taken": intent.ActionTaken, "left": intent.ActionLeft})
	facts := make([]learn.Action, len(rows))
	for i, r := range rows {
		facts[i] = learn.Action{Shopper: learn.Shopper{Shop: r.Shop, User: r.User}, Conv: r.Conv, Taken: r.Variant == intent.ActionTaken, Propensity: r.Propensity}
	}
	return facts, err
}
