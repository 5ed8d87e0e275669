package erasure

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"askbuy/schemas/event"
)

var key = bytes.Repeat([]byte{3}, 32)

func TestNoTwoSubjectsAreOne(t *testing.T) {
	h := NewHasher(key)
	rapid.Check(t, func(rt *rapid.T) {
		id := rapid.StringMatching(`[ab]{0,4}`)
		a := event.Shopper{ShopID: id.Draw(rt, "shop a"), UserID: id.Draw(rt, "user a")}
		b := event.Shopper{ShopID: id.Draw(rt, "shop b"), UserID: id.Draw(rt, "user b")}
		if (h.Shopper(a) == h.Shopper(b)) != (a == b) {
			rt.Errorf("%q and %q", a, b)
		}
		if h.Shopper(a) == h.Order(b.ShopID, b.UserID) {
			rt.Errorf("shopper %q is order %q", a, b)
		}
		if h.Shopper(a) == NewHasher(bytes.Repeat([]byte{4}, 32)).Shopper(a) {
			rt.Error("the key does not matter")
		}
	})
}

// kept is a store in memory.
type kept struct {
	entries []Entry
	reads   int
	err     error
}

func (k *kept) Mark(context.Context) (Mark, error) {
	return Mark{Entries: uint64(len(k.entries))}, k.err
}

func (k *kept) Entries(context.Context) ([]Entry, error) {
	k.reads++
	return k.entries, k.err
}

func (k *kept) Add(_ context.Context, entries []Entry) error {
	k.entries = append(k.entries, entries...)
	return k.err
}

func TestRefresh(t *testing.T) {
	store := &kept{}
	l := New(key, store)
	s := event.Shopper{ShopID: "s", UserID: "u"}
	told := 0
	l.OnChange(func() {
		if told++; !l.ShopperGone(s, 10) {
			t.Error("told before it is in force")
		}
	})
	refresh := func(want bool) {
		t.Helper()
		if changed, err := l.Refresh(t.Context()); err != nil || changed != want {
			t.Errorf("changed is %v %v, want %v", changed, err, want)
		}
	}
	refresh(false)
	if err := l.Add(t.Context(), []Entry{{l.Shopper(s), 10}, {l.Shopper(s), 7}}); err != nil {
		t.Fatal(err)
	}
	if l.ShopperGone(s, 1) {
		t.Error("gone before it was read")
	}
	refresh(true)
	refresh(false)
	if told != 1 {
		t.Errorf("told %d times, it changed once", told)
	}
	if store.reads != 1 {
		t.Errorf("read %d times, it changed once", store.reads)
	}
	if !l.ShopperGone(s, 10) || l.ShopperGone(s, 11) {
		t.Error("the latest erasure counts, up to its time")
	}
	store.err = errors.New("away")
	if _, err := l.Refresh(t.Context()); err == nil || !l.ShopperGone(s, 10) {
		t.Error("while the store is away the list stays")
	}
}

func TestGone(t *testing.T) {
	h := NewHasher(key)
	l := Of(h, Entry{h.Shopper(event.Shopper{ShopID: "s", UserID: "u"}), 10}, Entry{h.Order("s", "o"), 10})
	for _, c := range []struct {
		says string
		e    event.Event
		want bool
	}{
		{"the shopper's", event.Event{Type: event.TypeMessage, ShopID: "s", UserID: "u", TS: 10}, true},
		{"the new shopper's", event.Event{Type: event.TypeMessage, ShopID: "s", UserID: "u", TS: 11}, false},
		{"another shop's", event.Event{Type: event.TypeMessage, ShopID: "t", UserID: "u", TS: 10}, false},
		{"of an order, naming nobody", event.Event{Type: event.TypeOrder, ShopID: "s", OrderID: "o", TS: 10}, true},
		{"of an order, later", event.Event{Type: event.TypeOrder, ShopID: "s", OrderID: "o", TS: 11}, false},
		{"of another's order, naming the shopper", event.Event{Type: event.TypeOrder, ShopID: "s", OrderID: "p", UserID: "u", TS: 10}, true},
		{"of another's order", event.Event{Type: event.TypeOrder, ShopID: "s", OrderID: "p", UserID: "v", TS: 10}, false},
		{"a message has no order", event.Event{Type: event.TypeMessage, ShopID: "s", UserID: "v", OrderID: "o", TS: 10}, false},
		{"somebody's alias", event.Event{Type: event.TypeAlias, ShopID: "s", UserID: "v", Alias: "u", TS: 10}, true},
	} {
		if got := l.EventGone(&c.e); got != c.want {
			t.Errorf("%s: %v", c.says, got)
		}
	}
	touch := func(at int64) []event.Touch { return []event.Touch{{TouchAt: at}} }
	for _, c := range []struct {
		says string
		o    event.OrderTouches
		want bool
	}{
		{"nothing ties it to the user any more", event.OrderTouches{ShopID: "s", OrderID: "p", UserID: "u", NamedAt: 10}, true},
		{"a later order takes its touches back", event.OrderTouches{ShopID: "s", OrderID: "p", UserID: "u", NamedAt: 11}, false},
		{"a later order", event.OrderTouches{ShopID: "s", OrderID: "p", UserID: "u", NamedAt: 12, OrderAt: 12, Touches: touch(11)}, false},
		{"a later order after an earlier talk", event.OrderTouches{ShopID: "s", OrderID: "p", UserID: "u", NamedAt: 12, OrderAt: 12, Touches: touch(10)}, true},
		{"an earlier order, refunded later", event.OrderTouches{ShopID: "s", OrderID: "p", UserID: "u", NamedAt: 12, OrderAt: 10, Touches: touch(9)}, true},
		{"another's row of an erased order", event.OrderTouches{ShopID: "s", OrderID: "o", UserID: "v", NamedAt: 9}, true},
		{"another's later order of that name", event.OrderTouches{ShopID: "s", OrderID: "o", UserID: "v", NamedAt: 12, OrderAt: 12, Touches: touch(3)}, false},
		{"another's", event.OrderTouches{ShopID: "s", OrderID: "p", UserID: "v", NamedAt: 9, OrderAt: 9, Touches: touch(3)}, false},
	} {
		if got := l.TouchesGone(&c.o); got != c.want {
			t.Errorf("%s: %v", c.says, got)
		}
	}
	if (Of(h)).EventGone(&event.Event{ShopID: "s", UserID: "u"}) {
		t.Error("nobody was erased")
	}
}

func TestLetterGone(t *testing.T) {
	h := NewHasher(key)
	l := Of(h, Entry{h.Shopper(event.Shopper{ShopID: "s", UserID: "u"}), 10}, Entry{h.Shopper(event.Shopper{ShopID: "s", UserID: "42"}), 10}, Entry{h.Order("s", "o"), 10})
	for _, c := range []struct {
		says  string
		shop  string
		at    int64
		bytes string
		want  bool
	}{
		{"its shopper", "s", 10, `{"user_id":"u"}`, true},
		{"a number, and deep", "s", 10, `{"a":[1,{"customer":{"id":42}}]}`, true},
		{"its order", "s", 10, `{"order_id":"o"}`, true},
		{"the event's own shop", "", 10, `{"shop_id":"s","user_id":"u"}`, true},
		{"another shop", "t", 10, `{"user_id":"u"}`, false},
		{"later", "s", 11, `{"user_id":"u"}`, false},
		{"told later, of then", "s", 11, `{"user_id":"u","ts":9}`, true},
		{"a name is no value", "s", 10, `{"u":"x"}`, false},
		{"no JSON behind it", "s", 10, `{"user_id":"u"} x`, true},
		{"no JSON", "s", 10, `u`, false},
		{"nothing", "s", 10, ``, false},
	} {
		letter := &event.DeadLetter{ShopID: c.shop, ReceivedAt: c.at, Bytes: []byte(c.bytes)}
		if got := l.LetterGone(letter); got != c.want {
			t.Errorf("%s: %v", c.says, got)
		}
	}
	sealed := &event.DeadLetter{ShopID: "s", ReceivedAt: 10, Bytes: []byte("ciphertext"), Sealed: true}
	if l.LetterGone(sealed) {
		t.Error("a sealed letter is nobody's without the key")
	}
	l.OpenLetters(func(context.Context, *event.DeadLetter) ([]byte, error) { return []byte(`{"user_id":"u"}`), nil })
	if !l.LetterGone(sealed) {
		t.Error("the key opens it")
	}
	l.OpenLetters(func(context.Context, *event.DeadLetter) ([]byte, error) { return nil, errors.New("another's key") })
	if l.LetterGone(sealed) {
		t.Error("another's key does not open it")
	}
}

func TestScalars(t *testing.T) {
	var got []string
	Scalars([]byte(`{"a":"x","b":[1,"y",{"c":null,"d":-2.5}],"e":true,"f":"z"}`), func(name, value string) bool {
		got = append(got, name+"="+value)
		return value != "z"
	})
	if want := []string{"a=x", "b=1", "b=y", "d=-2.5", "f=z"}; !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Bytes of any sender end here.
func FuzzScalars(f *testing.F) {
	for _, seed := range []string{`{"a":"b"}`, `[[[`, `]`, `{"a":{"b":[1,2,"` + "\xff" + `"]}}`, `1 2 3`, ``} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		Scalars(text, func(_, value string) bool {
			if len(value) > longestID {
				t.Errorf("%d bytes are no id", len(value))
			}
			return true
		})
	})
}
