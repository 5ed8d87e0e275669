package processors

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"askbuy/models/intent"
	"askbuy/schemas/event"
)

func said(id, conv string, ts int64) *event.Entry {
	return &event.Entry{Message: &event.ScoredMessage{ShopID: "s", UserID: "u", EventID: id, ConvID: conv, TS: ts, Folded: true, Raw: 1}}
}

func bought(order string, v event.Position, at int64) *event.Entry {
	return &event.Entry{Order: &event.OrderSnapshot{ShopID: "s", UserID: "u", OrderID: order, Shopper: "u", PaidAt: &at, V: v}}
}

func scoredIDs(o output) (ids []string) {
	for _, r := range o.Scores {
		ids = append(ids, r.EventID)
	}
	return ids
}

func TestMessageConcernsWhatComesAfterIt(t *testing.T) {
	f, j := testJoin(DefaultLimits()), &journey{}
	f.apply(j, said("b", "c", 20), 1)
	f.apply(j, said("d", "c", 40), 2)
	f.apply(j, said("x", "other", 30), 3)
	f.apply(j, bought("before", 1, 10), 4)
	f.apply(j, bought("after", 2, 50), 5)
	for range 2 { // new, and again
		got := f.apply(j, said("c", "c", 30), 6)
		if !reflect.DeepEqual(scoredIDs(got), []string{"c", "d"}) || len(got.Touches) != 1 || got.Touches[0].OrderID != "after" || got.Repair != nil {
			t.Errorf("%+v", got)
		}
		for _, r := range got.Scores {
			if r.Version != 6 {
				t.Errorf("version %d", r.Version)
			}
		}
	}
}

func TestWhatIsNotFoldedConcernsNothing(t *testing.T) {
	f, j := testJoin(DefaultLimits()), &journey{}
	f.apply(j, said("a", "c", 20), 1)
	bot := said("b", "c", 10)
	bot.Message.Folded = false
	if got := f.apply(j, bot, 2); !reflect.DeepEqual(got, output{}) || len(j.Messages) != 2 {
		t.Errorf("%+v, keeps %+v", got, j.Messages)
	}
	if got := f.apply(j, &event.Entry{Behavior: &event.Behavior{}}, 3); !reflect.DeepEqual(got, output{}) {
		t.Errorf("%+v", got)
	}
}

func TestTouchesAtTheEdges(t *testing.T) {
	for _, c := range []struct {
		says   string
		touch  int64
		listed bool
	}{
		{"at the order time", 100 * day, true},
		{"a millisecond after it", 100*day + 1, false},
		{"30 days before it", 70 * day, true},
		{"and a millisecond more", 70*day - 1, false},
	} {
		f, j := testJoin(DefaultLimits()), &journey{}
		f.apply(j, said("a", "c", c.touch), 1)
		got := f.apply(j, bought("o", 1, 100*day), 2)
		if len(got.Touches) != 1 || (len(got.Touches[0].Touches) == 1) != c.listed {
			t.Errorf("%s: %+v", c.says, got)
		}
	}
}

func TestAnothersOrderHasNoTouches(t *testing.T) {
	f, j := testJoin(DefaultLimits()), &journey{}
	f.apply(j, said("a", "c", 1), 1)
	f.apply(j, bought("o", 1, 2), 2)
	entry := bought("o", 2, 2)
	entry.Order.Shopper = "another"
	got := f.apply(j, entry, 3)
	if len(got.Touches) != 1 || got.Touches[0].Touches == nil || len(got.Touches[0].Touches) != 0 || got.Touches[0].OrderAt != 0 {
		t.Errorf("%+v", got)
	}
	if got := f.apply(j, bought("o", 1, 2), 4); len(got.Touches[0].Touches) != 0 {
		t.Error("an older snapshot took back the newer one")
	}
}

func TestOverflowedOrdersAreAskedFor(t *testing.T) {
	f, j := testJoin(DefaultLimits()), &journey{}
	f.partition = func(string) int32 { return 0 }
	entry := bought("o", 7, 100)
	entry.Order.Overflowed = true
	got := f.apply(j, entry, 9)
	want := &event.Repair{ShopID: "s", UserID: "u", Version: 9, Needs: []event.Reached{{Topic: event.TopicOrders, Position: 7}}}
	if len(got.Touches) != 0 || !reflect.DeepEqual(got.Repair, want) {
		t.Errorf("%+v", got)
	}
	if got := f.apply(j, said("a", "c", 200), 10); got.Repair == nil || len(got.Scores) != 0 || len(got.Repair.Needs) != 2 {
		t.Errorf("a model that reads orders: %+v", got)
	}
	f.params = func(string) *intent.Params { return &intent.Params{} }
	if got := f.apply(j, said("b", "c", 200), 11); got.Repair == nil || len(got.Scores) != 1 {
		t.Errorf("a model that reads none: %+v", got)
	}
}

// A backfill in order asks for nothing: what is pruned was said before.
func TestPruningByTheShoppersOwnTime(t *testing.T) {
	f, j := testJoin(DefaultLimits()), &journey{}
	for d := range int64(400) {
		if got := f.apply(j, said(fmt.Sprint("m", d), "c", d*2*day), event.Position(d)); got.Repair != nil || len(got.Scores) != 1 {
			t.Fatalf("day %d: %+v", 2*d, got)
		}
		if got := f.apply(j, bought(fmt.Sprint("o", d), event.Position(d), d*2*day), event.Position(d)); got.Repair != nil || len(got.Touches) != 1 {
			t.Fatalf("day %d: %+v", 2*d, got)
		}
	}
	if len(j.Messages) > 20 || len(j.Orders) > 20 {
		t.Errorf("keeps %d messages, %d orders", len(j.Messages), len(j.Orders))
	}
	if got := f.apply(j, said("late", "c", day), 999); got.Repair == nil || len(got.Scores) != 0 || len(got.Touches) != 0 {
		t.Errorf("late: %+v", got)
	}
}

// The encoded state stays within its bound, whatever the strings are.
func TestStateStaysSmall(t *testing.T) {
	f, j := testJoin(DefaultLimits()), &journey{}
	dice := rand.New(rand.NewPCG(1, 1))
	strange := []string{"a", "券", "\x01", "\"", "\\", "\u2028", "<", "\x7f"}
	for i := range 800 {
		long := strings.Repeat(strange[dice.IntN(len(strange))], dice.IntN(200))
		entry := said(fmt.Sprint(long, i), long, int64(i))
		entry.Message.IntentPath = []string{long, long}
		f.apply(j, entry, event.Position(i))
		f.apply(j, bought(fmt.Sprint(long, i), event.Position(i), int64(i)), event.Position(i))
		if n := len(must(encodeJSON(j))); n > f.limits.Bytes || n > j.size() || len(j.Messages) > f.limits.Messages {
			t.Fatalf("%d bytes (thought %d), %d messages", n, j.size(), len(j.Messages))
		}
	}
}

func TestStateSurvivesItsCodec(t *testing.T) {
	f, j := testJoin(DefaultLimits()), &journey{}
	f.limits.Messages = 2
	for i := range 5 {
		f.apply(j, said(fmt.Sprint("m", i), "c", int64(i)-2), 1)
		f.apply(j, bought("o", event.Position(i), int64(i)), 1)
	}
	if got := must(decodeJSON[*journey](must(encodeJSON(j)))); !reflect.DeepEqual(got, j) {
		t.Errorf("%+v, was %+v", got, j)
	}
}

// Nothing that can be decoded makes the join panic or outgrow its bounds.
func FuzzApply(f *testing.F) {
	for _, e := range []*event.Entry{said("a", "c", 1), bought("o", 1, 2), {Behavior: &event.Behavior{}}} {
		f.Add(must(encodeJSON(e)), must(encodeJSON(said("b", "c", -1))))
	}
	f.Fuzz(func(t *testing.T, a, b []byte) {
		join, j := testJoin(DefaultLimits()), &journey{}
		join.limits.Messages = 1
		for _, value := range [][]byte{a, b, a} {
			if entry, err := event.DecodeEntry(value); err == nil {
				join.apply(j, entry, 1)
			}
		}
		if len(j.Messages) > 1 || j.size() > join.limits.Bytes {
			t.Errorf("keeps %+v", j)
		}
	})
}

// BenchmarkApply is one message into a journey that holds as many already,
// with the state's codec, as the group does it.
func BenchmarkApply(b *testing.B) {
	model := intent.Default()
	for _, kept := range []int{4, 40, 500} {
		b.Run(fmt.Sprint(kept), func(b *testing.B) {
			f, j := testJoin(DefaultLimits()), &journey{}
			f.fold, f.params = intent.Fold, func(string) *intent.Params { return model.Params() }
			entry := func(i int) *event.Entry {
				e := &event.Event{Type: event.TypeMessage, ShopID: "1024", UserID: "u_987", ConvID: fmt.Sprint("conversation-", i/10), ID: fmt.Sprint("message-", i), From: event.RoleUser, Text: "有优惠券吗", TS: int64(i) * 1000}
				return must(scoreEvent(model, e, event.Position(i)))
			}
			for i := range kept {
				f.apply(j, entry(i), 1)
			}
			state, last := must(encodeJSON(j)), entry(kept-1)
			b.ReportAllocs()
			for b.Loop() {
				j := must(decodeJSON[*journey](state))
				f.apply(j, last, 1)
				must(encodeJSON(j))
			}
			b.ReportMetric(float64(len(state)), "state-bytes")
		})
	}
}
