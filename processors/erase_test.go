package processors

import (
	"fmt"
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"askbuy/schemas/event"
)

// What a journey says after an erasure is what the facts that are left say,
// whatever the journey remembered.
func TestErasedJourneySaysWhatIsLeft(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := event.Shopper{ShopID: "s", UserID: "u"}
		f := testJoin(DefaultLimits())
		if rapid.Bool().Draw(rt, "small") {
			f.limits.Messages = 3
		}
		upTo := int64(50)
		ts := rapid.Int64Range(1, 100)
		var j journey
		var left History
		said := map[string]string{}
		offset := int64(0)
		apply := func(e *event.Entry) output {
			offset++
			out := f.apply(&j, e, event.At(0, offset))
			maps.Copy(said, texts(out))
			return out
		}
		orders := map[string]*orderState{}
		for n := range rapid.IntRange(0, 12).Draw(rt, "events") {
			raw := event.At(0, int64(n))
			if rapid.Bool().Draw(rt, "message") {
				e := &event.Event{Type: event.TypeMessage, ShopID: "s", UserID: "u", ID: fmt.Sprint("m", n), From: event.RoleUser,
					ConvID: rapid.SampledFrom([]string{"c1", "c2"}).Draw(rt, "conv"), Text: "x", TS: ts.Draw(rt, "ts")}
				apply(&event.Entry{Message: scoreMessage(testModels.at(e.TS), e, raw)})
				if e.TS > upTo {
					left.Messages = append(left.Messages, Fact{e, raw})
				}
				continue
			}
			e := &event.Event{Type: event.TypeOrder, ShopID: "s", OrderID: rapid.SampledFrom([]string{"o1", "o2"}).Draw(rt, "order"), ID: fmt.Sprint("e", n),
				UserID: rapid.SampledFrom([]string{"u", "v", ""}).Draw(rt, "user"), Status: rapid.SampledFrom([]event.Status{event.StatusCreated, event.StatusPaid}).Draw(rt, "status"), TS: ts.Draw(rt, "ts")}
			if orders[e.OrderID] == nil {
				orders[e.OrderID] = &orderState{}
			}
			for _, snapshot := range orders[e.OrderID].apply(e, raw, raw) {
				if snapshot.UserID == s.UserID {
					apply(&event.Entry{Order: &snapshot})
				}
			}
		}
		for _, id := range slices.Sorted(maps.Keys(orders)) {
			o := orders[id]
			for _, snapshot := range o.erase(&event.Erasure{ShopID: "s", UserID: "u", OrderID: id, Whole: rapid.Bool().Draw(rt, "whole"), UpTo: upTo}) {
				if snapshot.UserID == s.UserID {
					apply(&event.Entry{Order: &snapshot})
				}
			}
			if slices.Contains(o.named(), s.UserID) {
				for _, k := range o.Events {
					left.Orders = append(left.Orders, Fact{&event.Event{Type: event.TypeOrder, ShopID: "s", OrderID: id, ID: k.ID, UserID: k.User, Status: k.Status, ConvID: k.Conv, TS: k.TS}, k.Raw})
				}
			}
		}
		clear(said) // the rows are deleted
		out := apply(&event.Entry{Erasure: &event.Erasure{ShopID: "s", UserID: "u", UpTo: upTo}})
		if out.Repair != nil {
			maps.Copy(said, texts(rebuildTest(f, s, left, event.At(0, offset))))
		}
		want := texts(rebuildTest(f, s, left, event.At(0, offset)))
		for _, rows := range []map[string]string{said, want} {
			maps.DeleteFunc(rows, func(_, text string) bool { return text == "" })
		}
		if !maps.Equal(said, want) {
			rt.Errorf("says %v, left is %v", said, want)
		}
		for _, m := range j.Messages {
			if m.TS <= upTo {
				rt.Errorf("remembers %+v", m)
			}
		}
		for _, o := range j.Orders {
			if o.Named <= upTo {
				rt.Errorf("remembers %+v", o)
			}
		}
		if len(left.Messages)+len(left.Orders) == 0 && !j.empty() {
			rt.Errorf("is not empty: %+v", j)
		}
	})
}

func TestErasedOrder(t *testing.T) {
	events := func() orderState {
		return orderState{V: 9, Events: []orderEvent{
			{ID: "a", TS: 1, Status: "created", User: "u"}, {ID: "b", TS: 2, Status: "paid", User: "v"}, {ID: "c", TS: 8, Status: "refunded"},
		}}
	}
	said := func(s []event.OrderSnapshot) (out []string) {
		for _, o := range s {
			out = append(out, fmt.Sprintf("%s %v %d %v %d", o.UserID, o.Gone, o.NamedAt, o.PaidAt != nil, o.V))
		}
		return out
	}
	for _, c := range []struct {
		says  string
		e     event.Erasure
		left  int
		snaps []string
	}{
		{"a part: the others hear what is left", event.Erasure{UserID: "u", UpTo: 5}, 2, []string{"u true 0 true 9", "v false 2 true 9"}},
		{"whole: what is later stays", event.Erasure{UserID: "v", UpTo: 5, Whole: true}, 1, []string{"u true 0 false 9", "v true 0 false 9"}},
		{"whole: everything", event.Erasure{UserID: "v", UpTo: 8, Whole: true}, 0, []string{"u true 0 false 9", "v true 0 false 9"}},
		{"of later on", event.Erasure{UserID: "u", UpTo: 0}, 3, []string{"u false 1 true 9", "v false 2 true 9"}},
	} {
		s := events()
		got := said(s.erase(&c.e))
		if !slices.Equal(got, c.snaps) || len(s.Events) != c.left || s.empty() != (c.left == 0) {
			t.Errorf("%s: said %v, %d events left", c.says, got, len(s.Events))
		}
		again := said(s.erase(&c.e))
		if i := slices.IndexFunc(again, func(o string) bool { return o[:1] == c.e.UserID }); i < 0 {
			t.Errorf("%s: said again, the erased user does not hear of it: %v", c.says, again)
		}
	}
}
