package questions

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	cst  = time.FixedZone("CST", 8*3600)
	noon = time.Date(2026, 11, 20, 17, 0, 0, 0, time.UTC) // the 21st in Shanghai
)

func TestRefused(t *testing.T) {
	f := func(question, query, param string) {
		t.Helper()
		q, err := Find(question)
		must(t, err)
		v, err := url.ParseQuery(query)
		must(t, err)
		_, err = Parse(q, v, Scope{Shops: []string{"s1"}}, noon, cst)
		var refused *Refused
		if !errors.As(err, &refused) || refused.Param != param {
			t.Errorf("%s?%s: %v, want %s refused", question, query, err, param)
		}
	}
	f("overview", "from=yesterday", "from")
	f("overview", "from=2026-11-21&to=2026-11-20", "from")
	f("overview", "from=2020-01-01", "from")
	f("overview", "to=1969-12-31", "to")
	f("overview", "shop_id=s2", "shop_id")
	f("overview", "shop_id=s1&shop_id=s2", "shop_id")
	f("overview", "colour=red", "colour")
	f("overview", "step=ordered", "step") // a filter that would not be one
	f("conversations", "step=bought", "step")
	f("conversations", "limit=0", "limit")
	f("conversations", "limit=1001", "limit")
	f("conversations", "page=-1", "page")
	f("conversations", "intent="+strings.Repeat("a", 257), "intent")
	f("conversations", "intent=a%00b", "intent")
	f("conversations", "intent=%ff", "intent")
	f("conversations", "as_of=now", "as_of")
	f("conversations", "as_of=2026-11-20T17:01:01Z", "as_of")
	f("conversations", "sort=name", "sort")
	f("attribution", "model=best", "model")
	f("attribution", "window_hours=1.5", "window_hours")
	f("cut", "by=user_id", "by")
	f("live", "as_of=2026-11-20T00:00:00Z", "as_of")
	f("ledger", "", "shop_id")
}

func TestCompleted(t *testing.T) {
	f := func(question, query, want string) {
		t.Helper()
		q, err := Find(question)
		must(t, err)
		v, err := url.ParseQuery(query)
		must(t, err)
		args, err := Parse(q, v, Scope{All: true}, noon, cst)
		must(t, err)
		if got := args.Values().Encode(); got != want {
			t.Errorf("%s?%s: %s, want %s", question, query, got, want)
		}
	}
	f("overview", "", "as_of=2026-11-20T17%3A00%3A00.000Z&from=2026-11-15&to=2026-11-21")
	f("overview", "to=2026-11-03&channel=", "as_of=2026-11-20T17%3A00%3A00.000Z&from=2026-10-28&to=2026-11-03")
	f("overview", "as_of=2026-11-20T08:00:00%2B08:00", "as_of=2026-11-20T00%3A00%3A00.000Z&from=2026-11-15&to=2026-11-21")
	f("dead_letters", "reason=conflict", "limit=50&page=1&reason=conflict")
	f("messages", "conv_id=c1", "as_of=2026-11-20T17%3A00%3A00.000Z&conv_id=c1")
}

// TestParseAnything: whatever a link says, it is refused or bound.
func TestParseAnything(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := rapid.SampledFrom(Catalogue()).Draw(t, "question")
		v := url.Values{}
		for range rapid.IntRange(0, 4).Draw(t, "n") {
			v.Add(rapid.SampledFrom(Params()).Draw(t, "param").Name, rapid.String().Draw(t, "value"))
		}
		args, err := Parse(q, v, Scope{All: true}, noon, cst)
		if err != nil {
			return
		}
		s := q.Statement(args, Scope{All: true})
		for _, b := range s.Params {
			if b.Value == "" {
				t.Fatalf("%s is bound to nothing", b.Name)
			}
		}
		if again, err := Parse(q, args.Values(), Scope{All: true}, noon, cst); err != nil || again.Values().Encode() != args.Values().Encode() {
			t.Fatalf("%v, parsed again: %v, %v", args, again, err)
		}
	})
}
