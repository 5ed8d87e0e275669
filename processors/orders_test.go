package processors

import (
	"fmt"
	"reflect"
	"slices"
	"testing"

	"askbuy/schemas/event"
)

func at(ts int64) *int64 { return &ts }

func cents(m event.Money) *event.Money { return &m }

func TestFoldOrder(t *testing.T) {
	type events = []orderEvent
	for _, c := range []struct {
		says   string
		events events
		want   event.OrderSnapshot
	}{
		{"nothing", nil, event.OrderSnapshot{}},
		{"test events are as if never sent",
			events{{ID: "a", TS: 1, Status: "paid", User: "u", Amount: cents(5), Test: true}}, event.OrderSnapshot{}},
		{"the shopper is the user of the least paid event that has one",
			events{{ID: "a", TS: 1, Status: "created", User: "u1"}, {ID: "b", TS: 2, Status: "paid"}, {ID: "d", TS: 3, Status: "paid", User: "u3"}, {ID: "c", TS: 3, Status: "paid", User: "u2"}},
			event.OrderSnapshot{Shopper: "u2", CreatedAt: at(1), PaidAt: at(2)}},
		{"when no paid event has a user, that of the least event that has one",
			events{{ID: "a", TS: 5, Status: "created", User: "u1"}, {ID: "b", TS: 2, Status: "paid"}, {ID: "c", TS: 4, Status: "refunded", User: "u2"}},
			event.OrderSnapshot{Shopper: "u2", CreatedAt: at(5), PaidAt: at(2), RefundedAt: at(4)}},
		{"amount and conversation are of the latest event that has them",
			events{{ID: "b", TS: 2, Status: "paid", Amount: cents(7), Conv: "c2"}, {ID: "a", TS: 2, Status: "created", Amount: cents(5), Conv: "c1"}, {ID: "c", TS: 9, Status: "cancelled"}},
			event.OrderSnapshot{Amount: 7, NamedConv: "c2", CreatedAt: at(2), PaidAt: at(2), CancelledAt: at(9)}},
		{"refunds: the sum over distinct ids, of which the latest amount counts",
			events{{ID: "a", TS: 1, Status: "refunded", RefundID: "r1", Refund: cents(5)}, {ID: "b", TS: 3, Status: "refunded", RefundID: "r1", Refund: cents(2)}, {ID: "c", TS: 2, Status: "refunded", RefundID: "r2", Refund: cents(4)}},
			event.OrderSnapshot{Refunded: 6, RefundedAt: at(1)}},
		{"of which no sum is greater than an amount can be",
			events{{ID: "a", TS: 1, Status: "refunded", RefundID: "r1", Refund: cents(event.MaxMoney)}, {ID: "b", TS: 2, Status: "refunded", RefundID: "r2", Refund: cents(event.MaxMoney)}, {ID: "c", TS: 2, Status: "refunded", RefundID: "r3", Refund: cents(1)}},
			event.OrderSnapshot{Refunded: event.MaxMoney, RefundedAt: at(1)}},
		{"or the greatest cumulative value, when that is more",
			events{{ID: "a", TS: 1, Status: "refunded", Refunded: cents(9)}, {ID: "b", TS: 3, Status: "refunded", Refunded: cents(1)}, {ID: "c", TS: 2, Status: "refunded", RefundID: "r2", Refund: cents(4)}},
			event.OrderSnapshot{Refunded: 9, RefundedAt: at(1)}},
	} {
		t.Run(c.says, func(t *testing.T) {
			if got := foldOrder(c.events); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%+v, want %+v", got, c.want)
			}
		})
	}
}

func paid(order, id, user string, ts int64) *event.Event {
	return &event.Event{Type: event.TypeOrder, ShopID: "s", OrderID: order, ID: id, UserID: user, Status: event.StatusPaid, TS: ts}
}

func users(snapshots []event.OrderSnapshot) (names []string) {
	for _, o := range snapshots {
		names = append(names, o.UserID)
	}
	return names
}

func TestOrdersTellEverybody(t *testing.T) {
	var s orderState
	s.apply(paid("o", "a", "u1", 5), 3, 3)
	got := s.apply(paid("o", "b", "u2", 4), 4, 4)
	if want := []string{"u1", "u2"}; !reflect.DeepEqual(users(got), want) || got[0].Shopper != "u2" || got[0].V != 4 {
		t.Errorf("%+v", got)
	}
	again := s.apply(paid("o", "a", "u1", 5), 3, 3)
	if !reflect.DeepEqual(again, got) {
		t.Errorf("a repetition says %+v", again)
	}
	if got := s.apply(paid("o", "c", "", 9), 5, 5); len(got) != 2 || got[0].V != 5 {
		t.Errorf("%+v", got)
	}
	test := paid("o", "d", "u3", 1)
	test.Test = true
	if got := s.apply(test, 6, 6); len(got) != 2 || got[0].Shopper != "u2" {
		t.Errorf("%+v", got)
	}
}

func TestOrdersOverflow(t *testing.T) {
	var s orderState
	for i := range maxOrderEvents {
		if got := s.apply(paid("o", fmt.Sprint("e", i), "u", int64(i)), event.Position(i), event.Position(i)); len(got) != 1 || got[0].Overflowed {
			t.Fatalf("event %d: %+v", i, got)
		}
	}
	if got := s.apply(paid("o", "e3", "u", 3), 900, 900); got[0].Overflowed {
		t.Error("a repetition is no more")
	}
	got := s.apply(paid("o", "more", "u2", 0), 901, 901)
	if !reflect.DeepEqual(users(got), []string{"u", "u2"}) || !got[0].Overflowed || !got[1].Overflowed {
		t.Errorf("%+v", got)
	}
	for i := range 1000 {
		s.apply(paid("o", fmt.Sprint("x", i), fmt.Sprint("v", i), 1), 902, 902)
	}
	if len(s.Events) > maxOrderEvents || len(s.Users) > maxOrderEvents {
		t.Errorf("keeps %d events, %d users", len(s.Events), len(s.Users))
	}
	if got := s.apply(paid("o", "last", "late", 1), 9999, 9999); !slices.Contains(users(got), "late") {
		t.Error("the user of the event at hand is not told")
	}
}
