package pipeline

import (
	"context"
	"fmt"

	"askbuy/internal/clickhouse"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
)

// LearningFacts reads what a model learns from: facts alone, none of what
// askbuy made of them.
func LearningFacts(ctx context.Context, db *clickhouse.DB) (learn.Facts, error) {
	return readFacts(ctx, db, learningMemory)
}

// readFacts reads as much as takes so many bytes.
func readFacts(ctx context.Context, db *clickhouse.DB, most float64) (facts learn.Facts, err error) {
	sample, err := newSample(ctx, db, most)
	if err != nil {
		return facts, err
	}
	facts.Share = sample.share()
	if facts.Messages, err = learningMessages(ctx, db, sample); err != nil {
		return facts, fmt.Errorf("read messages to learn from: %w", err)
	}
	if facts.Orders, err = learningOrders(ctx, db, sample); err != nil {
		return facts, fmt.Errorf("read orders to learn from: %w", err)
	}
	if facts.Behaviors, err = learningBehaviors(ctx, db, sample); err != nil {
		return facts, fmt.Errorf("read behaviours to learn from: %w", err)
	}
	if facts.Actions, err = learningActions(ctx, db, sample.where("ts"), sample.params()); err != nil {
		return facts, fmt.Errorf("read actions to learn from: %w", err)
	}
	return facts, nil
}

func learningMessages(ctx context.Context, db *clickhouse.DB, sample sample) ([]learn.Message, error) {
	type row struct {
		Shop string `ch:"shop_id"`
		User string `ch:"user_id"`
		Conv string `ch:"conv_id"`
		ID   string `ch:"event_id"`
		Text string `ch:"text"`
		TS   int64  `ch:"at"`
	}
	rows, err := clickhouse.Select[row](ctx, db, `
		SELECT shop_id, user_id, conv_id, event_id, substringUTF8(text, 1, {longest:UInt32}) AS text, toUnixTimestamp64Milli(ts) AS at
		FROM askbuy.messages FINAL WHERE `+askedBy+` AND `+sample.where("ts"), sample.params())
	facts := make([]learn.Message, len(rows))
	for i, r := range rows {
		facts[i] = learn.Message{Shopper: learn.Shopper{Shop: r.Shop, User: r.User}, Conv: r.Conv, ID: r.ID, Text: r.Text, TS: r.TS}
	}
	return facts, err
}

func learningOrders(ctx context.Context, db *clickhouse.DB, sample sample) ([]learn.Order, error) {
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
		FROM askbuy.order_fold WHERE paid_at IS NOT NULL AND user_id != '' AND `+sample.where("assumeNotNull(paid_at)"),
		with(sample.params(), map[string]any{"never": learn.Never}))
	facts := make([]learn.Order, len(rows))
	for i, r := range rows {
		facts[i] = learn.Order{Shopper: learn.Shopper{Shop: r.Shop, User: r.User}, ID: r.ID, NamedConv: r.Named, PaidAt: r.PaidAt, LostAt: r.LostAt, Kept: r.Kept != 0}
	}
	return facts, err
}

func learningBehaviors(ctx context.Context, db *clickhouse.DB, sample sample) ([]learn.Behavior, error) {
	type row struct {
		Shop string `ch:"shop_id"`
		User string `ch:"user_id"`
		Name string `ch:"name"`
		TS   int64  `ch:"at"`
	}
	rows, err := clickhouse.Select[row](ctx, db, `
		SELECT shop_id, user_id, name, toUnixTimestamp64Milli(ts) AS at
		FROM askbuy.behaviors FINAL WHERE is_test = 0 AND `+ofAskers+` AND `+sample.where("ts"), sample.params())
	facts := make([]learn.Behavior, len(rows))
	for i, r := range rows {
		facts[i] = learn.Behavior{Shopper: learn.Shopper{Shop: r.Shop, User: r.User}, Name: r.Name, TS: r.TS}
	}
	return facts, err
}

// learningActions reads what was done because of scores, or left undone, from
// the exposures that say so and are of a kind.
func learningActions(ctx context.Context, db *clickhouse.DB, which string, params map[string]any) ([]learn.Action, error) {
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
		WHERE experiment = {experiment:String} AND variant IN ({taken:String}, {left:String}) AND conv_id != '' AND is_test = 0 AND `+which,
		with(params, map[string]any{"experiment": intent.ActionExperiment, "taken": intent.ActionTaken, "left": intent.ActionLeft}))
	facts := make([]learn.Action, len(rows))
	for i, r := range rows {
		facts[i] = learn.Action{Shopper: learn.Shopper{Shop: r.Shop, User: r.User}, Conv: r.Conv, Taken: r.Variant == intent.ActionTaken, Propensity: r.Propensity}
	}
	return facts, err
}
