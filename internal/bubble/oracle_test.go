//go:build synctests

package bubble

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"askbuy/internal/simulator/truth"
	"askbuy/models/intent"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// judge says what is wrong when nothing is left to do.
func (w *world) judge() {
	w.events = len(w.acked)
	logs := map[string][]record{}
	for _, topic := range event.RawTopics() {
		logs[topic] = w.read(topic)
		w.records += len(logs[topic])
	}
	firsts := w.judgeFacts(logs)
	w.judgeReceipts(logs, firsts)
	w.judgeDerived()
}

// record is one of a raw topic.
type record struct {
	topic     string
	partition int32
	at        event.Position
	event     *event.Event
	*event.Envelope
}

// read reads a topic whole.
func (w *world) read(topic string) (all []record) {
	want := 0
	for _, p := range w.cluster.PartitionInfos(prefix + topic) {
		want += int(p.HighWatermark)
	}
	client := must(kgo.NewClient(append(w.kafka(&wire{net: &w.net}).ClientOptions(),
		kgo.ConsumeTopics(prefix+topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))...))
	defer client.Close()
	for len(all) < want {
		for _, r := range client.PollFetches(context.Background()).Records() {
			headers := make([]event.Header, len(r.Headers))
			for i, h := range r.Headers {
				headers[i] = event.Header(h)
			}
			e, v, err := event.Open(headers, r.Value)
			check(err)
			all = append(all, record{topic, r.Partition, event.At(1, r.Offset), e, v})
		}
	}
	return all
}

// judgeFacts: every acknowledged event is exactly one fact, the copy of the
// least position.
func (w *world) judgeFacts(logs map[string][]record) map[event.IdentityHash]record {
	firsts := map[event.IdentityHash]record{}
	for _, log := range logs {
		for _, r := range log {
			if first, there := firsts[r.Identity]; !there || r.at < first.at {
				firsts[r.Identity] = r
			}
		}
	}
	stored := map[event.IdentityHash]int{}
	for _, topic := range event.RawTopics() {
		for _, r := range w.warehouse.rows(facts(topic), nil) {
			stored[r.identity()]++
			first, there := firsts[r.identity()]
			if !there || r.position() != first.at || r.copy() != first.Copy {
				w.fail("fact %v of %s is not the copy of the least position: it is at %d, the first at %d", r.values[:3], topic, r.position(), first.at)
			}
		}
	}
	for id, n := range stored {
		if n > 1 {
			w.fail("event %x has %d facts", id, n)
		}
	}
	lost := 0
	for id := range w.acked {
		if stored[id] == 0 {
			lost++
		}
	}
	if lost > 0 {
		w.fail("%d of %d acknowledged events have no fact", lost, len(w.acked))
	}
	for id, first := range firsts {
		if stored[id] == 0 {
			w.fail("%s of topic %s at %d has no fact", first.event.ID, first.topic, first.at)
		}
	}
	return firsts
}

// judgeReceipts: every raw record has one, and it says what the log says.
func (w *world) judgeReceipts(logs map[string][]record, firsts map[event.IdentityHash]record) {
	type place struct {
		topic     string
		partition int32
		at        event.Position
	}
	receipts, letters := map[place]string{}, map[place]bool{}
	for _, r := range w.warehouse.rows(schema.Receipts, nil) {
		receipts[place{r.at("topic").(string), r.at("raw_partition").(int32), r.position()}] = r.at("outcome").(string)
	}
	for _, r := range w.warehouse.rows(schema.DeadLetters, nil) {
		at := place{r.at("topic").(string), r.at("partition").(int32), event.Position(r.at("position").(int64))}
		letters[at] = true
		if r.at("reason") != any(string(event.ReasonConflict)) {
			w.fail("an event was set aside: %v", r.values)
		}
	}
	for _, topic := range event.RawTopics() {
		for _, r := range logs[topic] {
			want := "stored"
			if first := firsts[r.Identity]; r.at != first.at {
				want = "conflict"
				if r.Copy.Same(first.Copy) {
					want = "duplicate"
				}
			}
			at := place{topic, r.partition, r.at}
			if got := receipts[at]; got != want {
				w.fail("record %v: the receipt says %q, the log says %q", at, got, want)
			}
			if want == "conflict" && !letters[at] {
				w.fail("conflict %v has no dead letter", at)
			}
			delete(receipts, at)
		}
	}
	for at, outcome := range receipts {
		w.fail("a receipt (%s) for %v, where no record is", outcome, at)
	}
}

// judgeDerived: scores and touches are those that the facts come to.
func (w *world) judgeDerived() {
	var events []event.Event
	for _, topic := range []string{event.TopicMessages, event.TopicOrders} {
		for _, r := range w.warehouse.rows(facts(topic), nil) {
			events = append(events, *r.event())
		}
	}
	scores, want := scoresOf(events)
	for _, t := range truth.Derive(events, scores, nil).Touches {
		want[fmt.Sprint("touch ", t.ShopID, " ", t.OrderID, " ", t.ConvID)] = fmt.Sprint(t.UserID, t.TouchAt, t.OrderAt, t.RankLast, t.RankFirst, t.Evidence == "explicit", *t.BuyScoreAtTouch)
	}
	got := map[string]string{}
	for _, r := range w.warehouse.rows(schema.MessageScores, nil) {
		got[fmt.Sprint("score ", r.values[0], " ", r.values[1], " ", r.values[2])] = fmt.Sprint(r.at("conv_id"), r.at("ts"), r.at("intent"), r.at("evidence"), r.at("buy_score"), r.at("p_order"))
	}
	for _, r := range w.warehouse.rows(schema.Touches, nil) {
		for _, t := range r.at("touches").([][]any) { // conv, at, explicit, rank_last, rank_first, buy score
			got[fmt.Sprint("touch ", r.at("shop_id"), " ", r.at("order_id"), " ", t[0])] = fmt.Sprint(r.at("user_id"), t[1], r.at("order_at"), t[3], t[4], t[2] == any(uint8(1)), t[5])
		}
	}
	for key := range want {
		if got[key] != want[key] {
			w.fail("%s: want %s, got %q", key, want[key], got[key])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(got)) {
		if _, there := want[key]; !there {
			w.fail("%s: is there, and should not be: %s", key, got[key])
		}
	}
}

// scoresOf folds every conversation's user messages in their order.
func scoresOf(events []event.Event) (truth.Scores, map[string]string) {
	type conversation struct{ shop, user, conv string }
	model := intent.Default()
	talks := map[conversation][]event.Event{}
	for _, e := range events {
		if e.Type == event.TypeMessage && e.From == event.RoleUser && !e.Test {
			c := conversation{e.ShopID, e.UserID, e.ConvID}
			talks[c] = append(talks[c], e)
		}
	}
	scores, texts := truth.Scores{}, map[string]string{}
	for _, talk := range talks {
		slices.SortFunc(talk, func(a, b event.Event) int { return cmp.Or(cmp.Compare(a.TS, b.TS), cmp.Compare(a.ID, b.ID)) })
		var points []intent.Point
		for _, m := range talk {
			points = append(points, intent.Point{TS: m.TS, Evidence: model.Score(m.Text).Evidence, Params: model.Params()})
		}
		for i, folded := range intent.Fold("", points, nil) {
			m := talk[i]
			scores[truth.ScoreKey{ShopID: m.ShopID, UserID: m.UserID, EventID: m.ID}] = truth.Score{BuyScore: folded.BuyScore}
			texts[fmt.Sprint("score ", m.ShopID, " ", m.UserID, " ", m.ID)] = fmt.Sprint(m.ConvID, m.TS, model.Score(m.Text).Intent, points[i].Evidence, folded.BuyScore, folded.POrder)
		}
	}
	return scores, texts
}
