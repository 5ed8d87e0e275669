package report

import (
	"fmt"
	"slices"
	"testing"
	"time"

	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// letters are three: one that came twice, one of each later stage.
func letters(t *testing.T) *fixture {
	f := newFixture(t)
	put := func(id, stage, reason, source, shop string, receivedAt int64, topic string, partition int32, at event.Position) {
		f.put(schema.DeadLetters, map[string]any{"id": id, "stage": stage, "reason": reason, "source": source, "shop_id": shop, "type": "message", "event_id": "e-" + id,
			"detail": id + "'s", "received_at": receivedAt, "topic": topic, "partition": partition, "position": int64(at)})
	}
	put("aa", "ingest", "future_ts", "events", "s1", t0, event.TopicDeadLetters, 1, event.At(3, 7))
	put("aa", "ingest", "future_ts", "events", "s1", t0+hour, event.TopicDeadLetters, 1, event.At(4, 2))
	put("bb", "sink", "conflict", "coze", "s2", t0+minute, event.TopicMessages, 0, event.At(3, 7))
	put("cc", "process", "undecodable", "", "", t0+2*minute, event.TopicJourney, 3, event.At(3, 9))
	return f
}

func ids(list []DeadLetter) string {
	var out []string
	for _, l := range list {
		out = append(out, l.ID)
	}
	return fmt.Sprint(out)
}

func TestDeadLettersAreFound(t *testing.T) {
	f := letters(t)
	at := func(ms int64) time.Time { return time.UnixMilli(ms) }
	for _, c := range []struct {
		name   string
		filter LetterFilter
		want   string
		total  int64
	}{
		{"all, newest first", LetterFilter{}, "[cc bb aa]", 3},
		{"bounded", LetterFilter{Limit: 1}, "[cc]", 3},
		{"ids", LetterFilter{IDs: []string{"aa", "cc", "x"}}, "[cc aa]", 2},
		{"reason", LetterFilter{Reason: "conflict"}, "[bb]", 1},
		{"stage", LetterFilter{Stage: "ingest"}, "[aa]", 1},
		{"source", LetterFilter{Source: "coze"}, "[bb]", 1},
		{"shop", LetterFilter{Shop: "s1"}, "[aa]", 1},
		{"since is included, until is not", LetterFilter{Since: at(t0 + minute), Until: at(t0 + 2*minute)}, "[bb]", 1},
		{"the first delivery counts", LetterFilter{Since: at(t0 + 30*minute)}, "[]", 0},
		{"place of a later delivery", LetterFilter{At: &Place{Topic: event.TopicDeadLetters, Partition: 1, Offset: 2}}, "[aa]", 1},
		{"place in another topic", LetterFilter{At: &Place{Topic: event.TopicMessages, Partition: 1, Offset: 7}}, "[]", 0},
		{"nobody's id", LetterFilter{IDs: []string{"' OR 1"}}, "[]", 0},
	} {
		if c.filter.Limit == 0 {
			c.filter.Limit = 10
		}
		r, err := DeadLetters(t.Context(), f.DB, c.filter)
		f.must(err)
		if ids(r.Letters) != c.want || r.Total.Letters != c.total {
			t.Errorf("%s: %s of %d, want %s of %d", c.name, ids(r.Letters), r.Total.Letters, c.want, c.total)
		}
	}
	r, err := DeadLetters(t.Context(), f.DB, LetterFilter{Stage: "ingest", Limit: 1})
	f.must(err)
	want := DeadLetter{ID: "aa", ReceivedAt: at(t0).UTC(), Deliveries: 2, Stage: "ingest", Reason: "future_ts", Source: "events", ShopID: "s1", Type: "message",
		EventID: "e-aa", Detail: "aa's", Topic: event.TopicDeadLetters, Partition: 1, Offset: 7,
		First: Place{event.TopicDeadLetters, 1, 7, 3}, Last: Place{event.TopicDeadLetters, 1, 2, 4}}
	if got := r.Letters[0]; got != want {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if !slices.Equal(r.Reasons, []SetAside{{"ingest", "future_ts", 1, 2}}) {
		t.Errorf("reasons %v", r.Reasons)
	}
}

// The list says of every letter what the promised view says.
func TestDeadLettersAgreeWithTheView(t *testing.T) {
	f := letters(t)
	r, err := DeadLetters(t.Context(), f.DB, LetterFilter{Limit: 10})
	f.must(err)
	_, _, rows, err := f.Query(t.Context(), `SELECT toUnixTimestamp64Milli(d.received_at), d.deliveries, toString(d.stage), toString(d.topic), d.partition, d.offset,
	toString(d.source), d.shop_id, toString(d.type), d.event_id, toString(d.reason), d.detail FROM bi.dead_letters AS d ORDER BY d.received_at DESC`, nil)
	f.must(err)
	for n, l := range r.Letters {
		got := []any{l.ReceivedAt.UnixMilli(), l.Deliveries, l.Stage, l.Topic, l.Partition, l.Offset, l.Source, l.ShopID, l.Type, l.EventID, l.Reason, l.Detail}
		if len(rows) != len(r.Letters) || fmt.Sprint(got) != fmt.Sprint(rows[n]) {
			t.Errorf("got  %v\nview %v", got, rows)
		}
	}
}
