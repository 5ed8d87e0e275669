package sinks

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/go-json-experiment/json"

	"askbuy/schemas/event"
)

// The warehouse's client takes times through nanoseconds in 64 bits, which
// reach from 1677 to 2262; an event from beyond is stored at the edge.
const (
	leastTS    = math.MinInt64 / 1_000_000
	greatestTS = math.MaxInt64 / 1_000_000
)

func storable(ts int64) int64 { return min(max(ts, leastTS), greatestTS) }

// factRow is the row of an event in its topic's table. Times go in as whole
// milliseconds, because the client refuses some time.Time that the table
// takes.
func factRow(r *Record, at event.Position, e *event.Event, v *event.Envelope) []any {
	row := make([]any, 0, 32)
	switch e.Type {
	case event.TypeMessage:
		row = append(row, e.ShopID, e.UserID, e.ID, e.ConvID, string(e.From), e.Text, e.Channel, e.BotID)
	case event.TypeOrder:
		row = append(row, e.ShopID, e.OrderID, e.ID, e.UserID, string(e.Status), money(e.Amount), money(e.RefundedAmount),
			e.RefundID, money(e.RefundAmount), e.Currency, e.Coupon, e.ConvID, flag(e.Items != nil), items(e.Items))
	case event.TypeBehavior:
		row = append(row, e.ShopID, e.UserID, e.ID, e.Name, e.ConvID, e.ItemID, e.PageID, e.Category, optional(e.DwellMS))
	case event.TypeExposure:
		row = append(row, e.ShopID, e.UserID, e.ID, e.Experiment, e.Variant, e.ConvID)
	case event.TypeFeedback:
		row = append(row, e.ShopID, e.UserID, e.ID, e.ConvID, rating(e.Rating), resolved(e.Resolved))
	case event.TypeAlias:
		row = append(row, e.ShopID, e.UserID, e.ID, e.Alias)
	case event.TypeReply:
		row = append(row, e.ShopID, e.UserID, e.ID, e.ConvID)
		row = append(row, replyColumns(e)...)
	case event.TypeHandoff:
		row = handoffRow(row, e)
	}
	return append(row,
		storable(e.TS), r.Time.UnixMilli(), flag(e.Test), string(e.Attrs), v.Source, string(v.Identity[:]),
		v.Copy.Version, string(v.Copy.Body[:]), flag(v.Copy.NoTS), r.Partition, int64(at), version(at))
}

// handoffRow appends what an event of a handoff says. One without its part,
// which only damage makes, says nothing.
func handoffRow(row []any, e *event.Event) []any {
	h := e.Handoff
	if h == nil {
		h = &event.Handoff{}
	}
	told := ""
	if h.Context != nil {
		told = inJSON(h.Context)
	}
	shown := h.Shown
	if shown == nil {
		shown = []string{}
	}
	return append(row, e.ShopID, e.UserID, e.ID, e.ConvID, h.ID, string(h.Step), string(h.Reason), number(h.Confidence), number(h.BuyScore),
		h.Agent, h.Attempt, h.Detail, shown, told)
}

// replyColumns are those of a reply alone. A record of that type without its
// part is one of a reply of which nothing is known.
func replyColumns(e *event.Event) []any {
	r := e.Reply
	if r == nil {
		r = &event.Reply{}
	}
	return []any{r.QuestionID, r.Route, r.Intent, number(r.Confidence), e.Experiment, e.Variant, r.Language, r.LatencyMS,
		r.PromptTokens, r.CompletionTokens, micros(r.CostMicros), r.Currency, r.Model, flag(r.Answered), flag(r.Cached)}
}

// micros writes millionths as a decimal.
func micros(n int64) string {
	sign := ""
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%06d", sign, n/1_000_000, n%1_000_000)
}

// version grows as the position falls, so that the table keeps the copy of
// the least position.
func version(at event.Position) uint64 { return uint64(math.MaxInt64 - int64(at)) }

func receiptRow(topic string, index int32, at event.Position, outcome Outcome, source, shop string, id event.IdentityHash, receivedAt int64) []any {
	return []any{topic, index, int64(at), string(outcome), source, shop, string(id[:]), receivedAt}
}

// ScoreRow is the row of a score, in the columns of its table.
func ScoreRow(m *event.MessageScore) []any {
	path := m.IntentPath
	if path == nil {
		path = []string{}
	}
	terms := make([][]any, 0, len(m.Terms))
	for _, name := range slices.Sorted(maps.Keys(m.Terms)) {
		terms = append(terms, []any{name, m.Terms[name]})
	}
	return []any{m.ShopID, m.UserID, m.EventID, m.ConvID, storable(m.TS), m.Act, m.Intent, path,
		m.Evidence, m.BuyScore, m.POrder, m.PNet, terms, m.ModelID, uint64(m.Version)}
}

// TouchesRow is the row of an order's touches, in the columns of their table.
func TouchesRow(o *event.OrderTouches) []any {
	list := make([][]any, len(o.Touches))
	for i, t := range o.Touches {
		list[i] = []any{t.ConvID, storable(t.TouchAt), flag(t.Explicit), uint32(t.RankLast), uint32(t.RankFirst), t.BuyScore}
	}
	return []any{o.ShopID, o.OrderID, o.UserID, storable(o.OrderAt), o.NamedConv, list, uint64(o.Version)}
}

// opinionRow is the row of a second opinion; of several the first stays.
func opinionRow(o *event.SecondOpinion, at event.Position) []any {
	var score any
	if o.Score != nil {
		score = *o.Score
	}
	return []any{o.ShopID, o.UserID, o.EventID, o.Scorer, o.ConvID, storable(o.TS), string(o.Outcome), score, o.Label, o.LatencyMS, version(at)}
}

// shadowRow is the row of a score in the shadow.
func shadowRow(m *event.ShadowScore) []any {
	return []any{m.ShopID, m.UserID, m.EventID, m.ModelID, m.ConvID, storable(m.TS), m.Evidence, m.BuyScore, m.POrder, m.PNet, uint64(m.Version)}
}

// letterRow needs the place of the record that was set aside.
func letterRow(l *event.DeadLetter, topic string, index int32, at event.Position) []any {
	return []any{l.ID, string(l.Stage), string(l.Reason), l.Detail, l.Source, l.ShopID, l.Type, l.EventID,
		storable(l.ReceivedAt), topic, index, int64(at)}
}

func items(list []event.Item) [][]any {
	rows := make([][]any, len(list))
	for i, item := range list {
		rows[i] = []any{item.ItemID, item.Category, item.Quantity, item.Amount.String(), string(item.Attrs)}
	}
	return rows
}

func money(m *event.Money) any {
	if m == nil {
		return nil
	}
	return m.String()
}

func optional(v *int64) any {
	if v == nil {
		return nil
	}
	return *v
}

func number(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// inJSON writes what was read from JSON.
func inJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic("sinks: write what was read: " + err.Error())
	}
	return string(b)
}

func rating(v *int64) any {
	if v == nil {
		return nil
	}
	return uint8(*v)
}

func resolved(v *bool) any {
	if v == nil {
		return nil
	}
	return flag(*v)
}

func flag(set bool) uint8 {
	if set {
		return 1
	}
	return 0
}
