package warehouse_test

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"testing"
	"time"

	"askbuy/ingest"
	"askbuy/internal/clickhouse"
	"askbuy/schemas/clickhouse"
	"askbuy/schemas/clickhouse/meaningtest"
	"askbuy/schemas/event"
)

// arrival is when the events of all cases arrive: after each but those that
// claim to be from the year 2100.
var arrival = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)

// loader plays door, log and sink for a few events: it decodes, judges copies
// and gathers rows by table.
type loader struct {
	known    map[event.IdentityHash]event.Copy
	position int64
	rows     map[string][][]any
}

func newLoader() *loader {
	return &loader{known: map[event.IdentityHash]event.Copy{}, rows: map[string][][]any{}}
}

func (l *loader) add(t warehouse.Table, row ...any) { l.rows[t.Name] = append(l.rows[t.Name], row) }

func (l *loader) play(c meaningtest.Case) {
	for _, e := range c.Events {
		l.event(e)
	}
}

func (l *loader) event(e meaningtest.Event) {
	if e.Coze {
		e = e.With("channel", "coze")
	}
	if e.Field("event_id") == "" {
		sum := sha256.Sum256(e.Body)
		e = e.With("event_id", hex.EncodeToString(sum[:]))
	}
	l.position++
	d, fault := ingest.Decode(e.Body, arrival)
	if fault != nil {
		l.letter(&d.Event, event.StageIngest, fault.Reason, fault.Detail)
		return
	}
	copied := event.NewFingerprinter(make([]byte, 32)).Copy(&d.Event, d.NoTS)
	first, again := l.known[d.Event.Identity()]
	if again && !first.Same(copied) {
		l.letter(&d.Event, event.StageSink, event.ReasonConflict, "another copy came first")
	}
	if !again {
		l.known[d.Event.Identity()] = copied
		l.fact(&d.Event)
	}
}

func (l *loader) letter(e *event.Event, stage event.Stage, reason event.Reason, detail string) {
	l.add(warehouse.DeadLetters, string(reason)+e.ShopID+e.ID, string(stage), string(reason), detail, "events", e.ShopID,
		string(e.Type), e.ID, arrival.UnixMilli(), event.TopicMessages, int32(0), l.position)
}

// fact adds the row of an event.
func (l *loader) fact(e *event.Event) {
	id := e.Identity()
	suffix := []any{e.TS, arrival.UnixMilli(), bit(e.Test), string(e.Attrs), "events", string(id[:]), uint8(1), string(id[:]), uint8(0),
		int32(0), l.position, uint64(math.MaxInt64 - l.position)}
	row := func(t warehouse.Table, values ...any) { l.add(t, append(values, suffix...)...) }
	switch e.Type {
	case event.TypeMessage:
		row(warehouse.Messages, e.ShopID, e.UserID, e.ID, e.ConvID, string(e.From), e.Text, e.Channel, e.BotID)
	case event.TypeOrder:
		row(warehouse.OrderEvents, e.ShopID, e.OrderID, e.ID, e.UserID, string(e.Status), money(e.Amount), money(e.RefundedAmount),
			e.RefundID, money(e.RefundAmount), e.Currency, e.Coupon, e.ConvID, bit(e.Items != nil), items(e.Items))
	case event.TypeBehavior:
		row(warehouse.Behaviors, e.ShopID, e.UserID, e.ID, e.Name, e.ConvID, e.ItemID, e.PageID, e.Category, e.DwellMS)
	case event.TypeExposure:
		row(warehouse.Exposures, e.ShopID, e.UserID, e.ID, e.Experiment, e.Variant, e.ConvID)
	case event.TypeFeedback:
		row(warehouse.Feedback, e.ShopID, e.UserID, e.ID, e.ConvID, rated(e.Rating), resolved(e.Resolved))
	case event.TypeAlias:
		row(warehouse.Aliases, e.ShopID, e.UserID, e.ID, e.Alias)
	case event.TypeReply:
		r := e.Reply
		row(warehouse.Replies, e.ShopID, e.UserID, e.ID, e.ConvID, r.QuestionID, r.Route, r.Intent, r.Confidence, e.Experiment, e.Variant, r.Language, r.LatencyMS,
			r.PromptTokens, r.CompletionTokens, fmt.Sprintf("%.6f", float64(r.CostMicros)/1e6), r.Currency, r.Model, bit(r.Answered), bit(r.Cached))
	case event.TypeHandoff:
		h := e.Handoff
		row(warehouse.Handoffs, e.ShopID, e.UserID, e.ID, e.ConvID, h.ID, string(h.Step), string(h.Reason), h.Confidence, h.BuyScore,
			h.Agent, h.Attempt, h.Detail, []string{}, "")
	}
}

func bit(set bool) uint8 {
	if set {
		return 1
	}
	return 0
}

func money(m *event.Money) any {
	if m == nil {
		return nil
	}
	return m.String()
}

func items(list []event.Item) [][]any {
	rows := make([][]any, len(list))
	for i, item := range list {
		rows[i] = []any{item.ItemID, item.Category, item.Quantity, item.Amount.String(), ""}
	}
	return rows
}

// insert writes all rows and derives scores and touches from the facts.
func (l *loader) insert(ctx context.Context, t *testing.T, db *clickhouse.DB) {
	t.Helper()
	for _, table := range warehouse.Tables() {
		if rows := l.rows[table.Name]; len(rows) > 0 {
			must(t, db.Insert(ctx, table.Name, table.Columns, rows))
		}
	}
	for _, sql := range []string{deriveScores, deriveTouches} {
		must(t, db.Exec(ctx, sql, nil))
	}
}

// deriveScores gives every user message scores that mean nothing.
const deriveScores = `
INSERT INTO askbuy.message_scores (shop_id, user_id, event_id, conv_id, ts, act, intent, intent_path, evidence, buy_score, p_order, model_id, version)
SELECT shop_id, user_id, event_id, conv_id, ts, ['purchase_claim', 'bargain', 'size_query'][h % 3 + 1], ['price', 'coupon', 'size'][h % 3 + 1], ['goods', 'price'],
    toFloat64(h % 11) - 5, (h % 1001) / 1000, (h % 97) / 100, 'm1', toUInt64(raw_position)
FROM (SELECT *, cityHash64(event_id, text) AS h FROM askbuy.messages FINAL WHERE is_test = 0 AND from_role = 'user')`

// deriveTouches says the contract's paragraphs on touches and ranks in SQL.
const deriveTouches = `
INSERT INTO askbuy.touches
SELECT shop_id, order_id, user_id, order_at, any(named_conv_id),
    groupArray((conv_id, touch_at, explicit, toUInt32(rank_last), toUInt32(rank_first), 0.5)), 1
FROM
(
    SELECT *,
        row_number() OVER (PARTITION BY shop_id, order_id ORDER BY explicit DESC, touch_at DESC, conv_id DESC) AS rank_last,
        row_number() OVER (PARTITION BY shop_id, order_id ORDER BY touch_at, conv_id) AS rank_first
    FROM
    (
        SELECT o.shop_id AS shop_id, o.order_id AS order_id, o.user_id AS user_id, assumeNotNull(o.paid_at) AS order_at,
            o.named_conv_id AS named_conv_id, m.conv_id AS conv_id, max(m.ts) AS touch_at, m.conv_id = o.named_conv_id AS explicit
        FROM askbuy.order_fold AS o
        INNER JOIN (SELECT * FROM askbuy.messages FINAL WHERE is_test = 0 AND from_role = 'user') AS m USING (shop_id, user_id)
        WHERE o.paid_at IS NOT NULL AND m.ts <= o.paid_at
        GROUP BY shop_id, order_id, user_id, order_at, named_conv_id, conv_id, explicit
        HAVING order_at - touch_at <= 30 * 86400
    )
)
GROUP BY shop_id, order_id, user_id, order_at`

func rated(v *int64) any {
	if v == nil {
		return nil
	}
	return uint8(*v)
}

func resolved(v *bool) any {
	if v == nil {
		return nil
	}
	return bit(*v)
}
