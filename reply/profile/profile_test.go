package profile

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

type orders struct {
	of    map[string]int64
	err   error
	asked []int // how many shoppers each query was about
}

func (o *orders) Profiles(_ context.Context, shoppers []event.Shopper) (map[event.Shopper]turn.Profile, error) {
	o.asked = append(o.asked, len(shoppers))
	found := map[event.Shopper]turn.Profile{}
	for _, s := range shoppers {
		if n := o.of[s.UserID]; n > 0 {
			found[s] = turn.Profile{Orders: n}
		}
	}
	return found, o.err
}

func TestReader(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &orders{of: map[string]int64{"vip": 5, "one": 1}}
		r, err := NewReader(source, time.Now, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var ended atomic.Bool
		go func() {
			if err := r.Run(ctx); err != nil {
				t.Error(err)
			}
			ended.Store(true)
		}()
		is := func(user, first, then string) {
			t.Helper()
			s := event.Shopper{ShopID: "1", UserID: user}
			if got := r.Get(s).Kind; got != first {
				t.Errorf("%s is %q at first, want %q", user, got, first)
			}
			time.Sleep(gather)
			synctest.Wait()
			if got := r.Get(s).Kind; got != then {
				t.Errorf("%s is %q then, want %q", user, got, then)
			}
		}
		is("vip", "", VIP)
		is("one", "", Repeat)
		is("nobody", "", New)
		queries := len(source.asked)
		is("vip", VIP, VIP)
		if len(source.asked) != queries {
			t.Error("what is known is read again")
		}
		source.of["one"] = 7
		time.Sleep(fresh)
		is("one", Repeat, VIP) // as last read, until it is read again
		source.err = errors.New("away")
		is("late", "", "")
		source.err = nil
		is("late", "", New)
		cancel()
		synctest.Wait()
		if !ended.Load() {
			t.Error("it goes on after its context")
		}
	})
}

// Shoppers who come together are read together, each once, and more than can
// wait are answered without a profile.
func TestReaderReadsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := &orders{}
		r, err := NewReader(source, time.Now, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 * waiting {
			r.Get(event.Shopper{ShopID: "1", UserID: fmt.Sprint(i % 150)})
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = r.Run(ctx) }()
		time.Sleep(time.Minute)
		queries := len(source.asked)
		for i := range 100 {
			r.Get(event.Shopper{ShopID: "1", UserID: fmt.Sprint("one after the other ", i)})
			time.Sleep(gather / 100)
		}
		time.Sleep(time.Minute)
		if n := len(source.asked) - queries; n > 2 {
			t.Errorf("100 shoppers within %v take %d queries", gather, n)
		}
		total := 0
		for _, n := range source.asked {
			total += n
			if n > together {
				t.Errorf("%d in one query", n)
			}
		}
		if total > waiting+100 || total < 250 {
			t.Errorf("%d shoppers are read", total)
		}
		cancel()
	})
}
