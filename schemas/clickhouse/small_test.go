package warehouse_test

import (
	"math"
	"slices"
	"strings"

	"askbuy/schemas/clickhouse"
	"askbuy/schemas/clickhouse/meaningtest"
	"askbuy/schemas/event"
)

// Times of the tests' own shops: 2026-10-14 10:00 in Shanghai, and steps on.
const (
	ten    = int64(1791943200000)
	minute = int64(60_000)
	hour   = 60 * minute
	day    = 24 * hour
)

// said adds events of /v1/events, a JSON object a line.
func (l *loader) said(lines string) *loader {
	for line := range strings.Lines(lines) {
		if line = strings.TrimSpace(line); line != "" {
			l.event(meaningtest.Event{Body: []byte(line)})
		}
	}
	return l
}

// message adds a message's fact as it would be stored at a position.
func (l *loader) message(e event.Event, position int64) {
	e.Type = event.TypeMessage
	l.position = position
	l.fact(&e)
}

// score adds a message's score; its version is the first.
func (l *loader) score(shop, user, id, conv, intent string, ts int64, evidence, score float64) {
	l.add(warehouse.MessageScores, shop, user, id, conv, ts, intent, intent, []string{intent}, evidence, score, score/2, score/3, [][]any{}, "m1", uint64(1))
}

// receipt adds what became of one record of the messages topic.
func (l *loader) receipt(partition int32, at event.Position, outcome, source string, receivedAt int64) {
	l.add(warehouse.Receipts, event.TopicMessages, partition, int64(at), outcome, source, "s1", strings.Repeat("x", 16), receivedAt)
}

// cut adds the offsets of a partition of the messages topic at a moment.
func (l *loader) cut(partition int32, epoch, end, committed, notedAt int64) {
	l.add(warehouse.OffsetCuts, event.TopicMessages, partition, epoch, int64(0), end, committed, notedAt)
}

func (l *loader) shop(id, zone, currency string) {
	l.add(warehouse.Shops, id, zone, currency, uint64(math.MaxInt64))
}

// newSmallShop has something in every table.
// experiment adds one of shop small, refreshed to a generation.
func (l *loader) experiment(key string, generation uint64) {
	variants := [][]any{{"control", 0.8, uint8(1), 0.0, 0.8}, {"treatment", 0.2, uint8(0), 0.8, 1.0}}
	metrics := [][]any{{"conversation_to_order", "success", 0.0, uint8(0)}, {"revenue_per_user", "success", 0.99, uint8(1)}}
	l.add(warehouse.Experiments, key, "small", []string{"small"}, "hash", "{}", "", "", "askbuy", "hybrid", 0.05, 0.01, 0.8, uint64(5000), uint8(2), key, 1.0, ten-day, ten+14*day, ten+17*day, variants, metrics, uint64(1))
	l.add(warehouse.ExperimentRefreshes, key, generation, ten, [][]any{})
}

// unit adds a shopper with one conversation that ordered for 99.90.
func (l *loader) unit(key string, generation uint64, user, variant string) {
	one := uint32(1)
	l.add(warehouse.ExperimentUnits, key, generation, "small", user, variant, ten, one, uint32(0), uint8(0), 0.5, "CNY", one, uint32(0), one, one, uint32(0), uint8(0), 99.9, 99.9,
		one, one, one, uint32(0), one, one, one, uint32(0), uint32(0), uint32(0), 10.0, one)
}

// result adds a snapshot of which only the keys are told.
func (l *loader) result(key, variant string) {
	row := make([]any, len(warehouse.ExperimentResults.Columns))
	for i, column := range warehouse.ExperimentResults.Columns {
		switch column {
		case "warnings":
			row[i] = []string{}
		case "snapshot_at", "data_cutoff":
			row[i] = ten
		case "is_final":
			row[i] = uint8(0)
		case "n_c", "n_t", "contaminated_excluded", "version":
			row[i] = uint64(1)
		case "engine_version":
			row[i] = uint32(1)
		case "experiment":
			row[i] = key
		case "variant":
			row[i] = variant
		case "shop_id":
			row[i] = "small"
		case "look", "metric", "role", "control", "adjust", "guardrail", "refused", "verdict", "reason", "config_hash", "sql_hash":
			row[i] = ""
		}
	}
	l.add(warehouse.ExperimentResults, row...)
}

func newSmallShop() *loader {
	l := newLoader().said(`
		{"type":"message","event_id":"m1","shop_id":"small","user_id":"u1","conv_id":"c1","from":"user","text":"有优惠券吗","ts":1791943200000,"channel":"web","bot_id":"b1","page":"p7"}
		{"type":"message","event_id":"m2","shop_id":"small","user_id":"u1","conv_id":"c1","from":"bot","text":"有的","ts":1791943205000}
		{"type":"order","event_id":"o1-p","shop_id":"small","user_id":"u1","order_id":"o1","status":"paid","amount":"99.90","currency":"CNY","ts":1791943500000,"items":[{"item_id":"i1","quantity":2,"amount":"99.90"}]}
		{"type":"behavior","event_id":"b1","shop_id":"small","user_id":"u1","name":"add_to_cart","item_id":"i1","ts":1791943300000}
		{"type":"exposure","event_id":"x1","shop_id":"small","user_id":"u1","experiment":"greeting","variant":"treatment","conv_id":"c1","ts":1791943100000}
		{"type":"feedback","event_id":"f1","shop_id":"small","user_id":"u1","conv_id":"c1","rating":5,"ts":1791943600000}
		{"type":"alias","event_id":"a1","shop_id":"small","user_id":"u1","alias":"openid:abc","ts":1791943600000}
		{"type":"message","event_id":"bad","shop_id":"small"}`)
	l.fact(&event.Event{Type: event.TypeHandoff, ShopID: "small", UserID: "u1", ConvID: "c1", TS: ten, ID: "h1/requested",
		Handoff: &event.Handoff{ID: "h1", Step: event.HandoffRequested, Reason: event.ReasonAnger}})
	l.fact(&event.Event{Type: event.TypeReply, ShopID: "small", UserID: "u1", ConvID: "c1", TS: ten + 5000, ID: "m2",
		Reply: &event.Reply{QuestionID: "m1", Route: "faq", Language: "zh", LatencyMS: 40, Answered: true}})
	l.receipt(0, event.At(1, 0), "stored", "events", ten)
	l.cut(0, 1, 1, 1, ten)
	l.shop("small", "Asia/Shanghai", "CNY")
	l.experiment("greeting", 1)
	l.unit("greeting", 1, "u1", "treatment")
	l.unit("greeting", 1, "u2", "control")
	l.result("greeting", "treatment")
	l.add(warehouse.SecondOpinions, "small", "u1", "m1", "bert", "c1", ten, "scored", 0.5, "", 1.5, uint64(1))
	l.add(warehouse.ShadowScores, "small", "u1", "m1", "m2", "c1", ten, 1.5, 0.7, 0.2, 0.2, uint64(1))
	return l
}

// tablesOf lists the tables that the loader has rows for.
func tablesOf(l *loader) []warehouse.Table {
	return slices.DeleteFunc(warehouse.Tables(), func(t warehouse.Table) bool { return len(l.rows[t.Name]) == 0 })
}
