package ingest

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"askbuy/schemas/event"
)

func TestLimit(t *testing.T) {
	now := time.Unix(1000, 0)
	l := newLimiter(Limits{Default: Limit{PerSecond: 2, Burst: 3}, Of: map[string]Limit{"free": {}}}, func() time.Time { return now })
	f := func(after time.Duration, sender string, want time.Duration) {
		t.Helper()
		now = now.Add(after)
		if wait, ok := l.take(sender); ok != (want == 0) || wait != want {
			t.Errorf("%s: %v %v, want %v", sender, wait, ok, want)
		}
	}
	for range 3 {
		f(0, "a", 0)
	}
	f(0, "a", 500*time.Millisecond)
	f(0, "b", 0) // has a bucket of its own
	f(100*time.Millisecond, "a", 400*time.Millisecond)
	f(400*time.Millisecond, "a", 0)
	f(time.Hour, "a", 0)
	l.charge("a", 12) // two were left: ten in debt
	f(0, "a", 5500*time.Millisecond)
	f(-time.Hour, "a", 5500*time.Millisecond)
	for range 1000 {
		f(0, "free", 0)
	}
	bad := Limits{Default: Limit{PerSecond: -1}, Of: map[string]Limit{"x": {PerSecond: 1}}}
	if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), "limits.default") || !strings.Contains(err.Error(), "limits.x") {
		t.Error(err)
	}
}

// Over any stretch of time, no more passes than the burst and the rate allow.
func TestLimitHolds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.Unix(1000, 0)
		limit := Limit{PerSecond: rapid.Float64Range(0.1, 50).Draw(t, "rate"), Burst: rapid.IntRange(1, 20).Draw(t, "burst")}
		l := newLimiter(Limits{Default: limit}, func() time.Time { return now })
		passed, started := 0, now
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "ms")) * time.Millisecond)
			if wait, ok := l.take("a"); ok {
				passed++
			} else if now = now.Add(wait + time.Microsecond); rapid.Bool().Draw(t, "obeys") {
				if _, ok := l.take("a"); !ok {
					t.Fatalf("told to wait %v, and then refused", wait)
				}
				passed++
			}
		}
		if most := float64(limit.Burst) + now.Sub(started).Seconds()*limit.PerSecond; float64(passed) > most+1e-6 {
			t.Fatalf("%d passed, at most %v may", passed, most)
		}
	})
}

func TestBatchesAreLimitedByTheirEvents(t *testing.T) {
	now := testArrival
	keys, err := NewKeys([]Key{{Name: "shop", Secret: "one", AllShops: true}, {Name: "other", Secret: "two", AllShops: true}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Options{
		Config: DefaultConfig(), Acceptor: newAcceptor(t, &fakeBroker{}), Keys: keys, Now: func() time.Time { return now },
		Limits: Limits{Of: map[string]Limit{"key:shop": {PerSecond: 1, Burst: 5}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	h.Register(mux)
	post := func(key string, events int, status int, retryAfter string) {
		t.Helper()
		body := strings.Repeat(`{"type":"note"}`+"\n", events)
		r := httptest.NewRequest("POST", "/v1/events", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+key)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Code != status || w.Header().Get("Retry-After") != retryAfter {
			t.Errorf("%s, %d events: %d, Retry-After %q: %s", key, events, w.Code, w.Header().Get("Retry-After"), w.Body)
		}
	}
	post("one", 10, 200, "")
	post("one", 1, 429, "6")
	post("two", 10, 200, "")
	post("wrong", 1, 401, "")
	now = now.Add(6 * time.Second)
	post("one", 1, 200, "")
	post("one", 1, 429, fmt.Sprint(1))
}

// Questions and events of a key have one limit between them.
func TestQuestionsAreLimited(t *testing.T) {
	now := testArrival
	keys, err := NewKeys([]Key{{Name: "shop", Secret: "one", AllShops: true}, {Name: "other", Secret: "two", AllShops: true}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Options{
		Config: DefaultConfig(), Acceptor: newAcceptor(t, &fakeBroker{}), Keys: keys, Now: func() time.Time { return now },
		Score:  func(context.Context, string, string) (Score, error) { return Score{}, nil },
		Intent: func(context.Context, event.Shopper) (LatestIntent, bool, error) { return LatestIntent{}, true, nil },
		Limits: Limits{Default: Limit{PerSecond: .5, Burst: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	h.Register(mux)
	ask := map[string]func() *http.Request{
		"score": func() *http.Request {
			return httptest.NewRequest("POST", "/v1/score", strings.NewReader(`{"shop_id":"s","text":"x"}`))
		},
		"intent": func() *http.Request { return httptest.NewRequest("GET", "/v1/shoppers/u/intent?shop_id=s", nil) },
		"events": func() *http.Request { return httptest.NewRequest("POST", "/v1/events", strings.NewReader(`{}`)) },
	}
	f := func(key, what string, status int, retryAfter string) {
		t.Helper()
		r, w := ask[what](), httptest.NewRecorder()
		r.Header.Set("Authorization", "Bearer "+key)
		mux.ServeHTTP(w, r)
		if w.Code != status || w.Header().Get("Retry-After") != retryAfter {
			t.Errorf("%s of %s: %d, Retry-After %q: %s", what, key, w.Code, w.Header().Get("Retry-After"), w.Body)
		}
	}
	f("one", "score", 200, "")
	f("one", "intent", 200, "")
	for what := range ask {
		f("one", what, 429, "2")
		f("wrong", what, 401, "")
	}
	f("two", "intent", 200, "")
	now = now.Add(2 * time.Second)
	f("one", "score", 200, "")
	f("one", "score", 429, "2")
}

// anyone is a sender that needs no proof and tells nothing.
type anyone struct{}

func (anyone) Verify(http.Header) (Proof, error) { return Proof{}, nil }
func (anyone) Map(Delivery) Mapped               { return Mapped{} }

func TestWebhooksAreLimitedByTheirRequests(t *testing.T) {
	keys, err := NewKeys([]Key{{Secret: "one", AllShops: true}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := New(Options{
		Config: DefaultConfig(), Acceptor: newAcceptor(t, &fakeBroker{}), Keys: keys, Now: func() time.Time { return testArrival },
		Coze: Source{Name: "coze", Verifier: anyone{}, Mapper: anyone{}}, Limits: Limits{Default: Limit{PerSecond: 10, Burst: 2}},
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	h.Register(mux)
	for _, want := range []int{200, 200, 429} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("POST", "/coze", strings.NewReader("{}")))
		if w.Code != want || (want == 429) != (w.Header().Get("Retry-After") == "1") {
			t.Errorf("%d, want %d, Retry-After %q", w.Code, want, w.Header().Get("Retry-After"))
		}
	}
}
