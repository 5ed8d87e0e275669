package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"askbuy/ingest"
	"askbuy/internal/erasure"
	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// ask sends a request to erase, or for a certificate, with a key.
func (i *instance) ask(t *testing.T, method, path, key, body string) (*http.Response, map[string]any) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, i.at.HTTP+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	var said map[string]any
	if err := json.Unmarshal(b, &said); err != nil {
		t.Fatalf("%s %s: %s %q", method, path, answer.Status, b)
	}
	return answer, said
}

// A request at the door is accepted, and its certificate found at its address.
func TestErasureAtTheDoor(t *testing.T) {
	c := testConfig(t.TempDir())
	c.APIKeys = []APIKey{{Name: "two", Key: "of-shop-two-alone", Shops: []string{"s2"}}}
	i := start(t, c)
	key := i.secret(t, "api_key")
	i.postEvents(t, past("erased-u1", "other", time.Now().Add(-time.Hour).UnixMilli()))
	answer, said := i.ask(t, "POST", "/v1/erasures", key, `{"shop_id":"s1","user_id":"erased-u1"}`)
	at, _ := said["certificate"].(string)
	if answer.StatusCode != http.StatusAccepted || at == "" || answer.Header.Get("Location") != at {
		t.Fatalf("%s, location %q, %v", answer.Status, answer.Header.Get("Location"), said)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for said["status"] != erasureDone {
		if err := wait.For(ctx, 100*time.Millisecond); err != nil {
			t.Fatalf("the certificate says %v", said)
		}
		answer, said = i.ask(t, "GET", at, key, "")
		if answer.StatusCode != http.StatusOK {
			t.Fatalf("%s %v", answer.Status, said)
		}
	}
	if rows, _ := said["rows_deleted"].(map[string]any); rows["messages"] != 4.0 {
		t.Errorf("the certificate says %v", said)
	}
	i.noTrace(t, "erased-u1")
	if answer, _ := i.ask(t, "GET", at, "of-shop-two-alone", ""); answer.StatusCode != http.StatusNotFound {
		t.Errorf("the key of another shop is told: %s", answer.Status)
	}
}

// door is a queue behind its routes, with an eraser that is not asked.
func door(t *testing.T) (*erasures, http.Handler) {
	t.Helper()
	known, err := ingest.NewKeys([]ingest.Key{{Name: "all", Secret: "for-all", AllShops: true}, {Name: "one", Secret: "for-one", Shops: []string{"one"}}})
	if err != nil {
		t.Fatal(err)
	}
	q := &erasures{
		dir: certificates(t.TempDir()), hasher: erasure.NewHasher(bytes.Repeat([]byte{1}, 32)),
		now: func() time.Time { return time.UnixMilli(7) }, log: slog.New(slog.DiscardHandler), wake: make(chan struct{}, 1),
	}
	mux := http.NewServeMux()
	q.register(mux, known, q.log)
	return q, mux
}

func TestErasureRequests(t *testing.T) {
	_, handler := door(t)
	long := strings.Repeat("x", 257)
	for _, c := range []struct {
		method, path, key, body string
		want                    int
	}{
		{"POST", "/v1/erasures", "", `{"shop_id":"one","user_id":"u"}`, 401},
		{"POST", "/v1/erasures", "wrong", `{"shop_id":"one","user_id":"u"}`, 401},
		{"POST", "/v1/erasures", "for-one", `{"shop_id":"two","user_id":"u"}`, 403},
		{"POST", "/v1/erasures", "for-one", `{"shop_id":"one","user_id":"u"}`, 202},
		{"POST", "/v1/erasures", "for-all", `{"shop_id":7,"user_id":42}`, 202},
		{"POST", "/v1/erasures", "for-all", `{"shop_id":"one","user_id":4.5}`, 400},
		{"POST", "/v1/erasures", "for-all", `{"shop_id":"one"}`, 400},
		{"POST", "/v1/erasures", "for-all", `{"shop_id":"one","user_id":""}`, 400},
		{"POST", "/v1/erasures", "for-all", `{"shop_id":"one","user_id":null}`, 400},
		{"POST", "/v1/erasures", "for-all", `{"shop_id":"one","user_id":"` + long + `"}`, 400},
		{"POST", "/v1/erasures", "for-all", `{"shop_id":"one","user_id":"u","user_id":"v"}`, 400},
		{"POST", "/v1/erasures", "for-all", `{"shop_id":"one","user_id":"u","more":1}`, 400},
		{"POST", "/v1/erasures", "for-all", `{"shop_id":"one","user_id":"u"} x`, 400},
		{"POST", "/v1/erasures", "for-all", `[`, 400},
		{"POST", "/v1/erasures", "for-all", `{"shop_id":"` + strings.Repeat("x", longestErasureBody) + `"}`, 413},
		{"GET", "/v1/erasures", "for-all", "", 405},
		{"DELETE", "/v1/erasures/00000000000000000000000000000000", "for-all", "", 405},
		{"GET", "/v1/erasures/00000000000000000000000000000000", "", "", 401},
		{"GET", "/v1/erasures/00000000000000000000000000000000", "for-all", "", 404},
		{"GET", "/v1/erasures/..%2F..%2Fsecret", "for-all", "", 404},
	} {
		r := httptest.NewRequestWithContext(t.Context(), c.method, c.path, strings.NewReader(c.body))
		if c.key != "" {
			r.Header.Set("Authorization", "Bearer "+c.key)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s %s %.60s: %d, want %d: %s", c.method, c.path, c.body, w.Code, c.want, w.Body)
		}
	}
}

// A request outlives the process that answered it, and an eraser that fails.
func TestErasureRequestsAreKept(t *testing.T) {
	q, _ := door(t)
	s := event.Shopper{ShopID: "one", UserID: "u"}
	id, err := q.request(s)
	if err != nil {
		t.Fatal(err)
	}
	fails := true
	q.erase = func(_ context.Context, got event.Shopper, at time.Time) (*Certificate, error) {
		if got != s || !at.Equal(time.UnixMilli(7)) {
			t.Errorf("erases %v at %v, want %v", got, at, s)
		}
		if fails {
			return nil, errors.New("not now")
		}
		return &Certificate{}, nil
	}
	if err := q.finish(t.Context(), id); err == nil {
		t.Error("a failure is no end")
	}
	again := &erasures{dir: q.dir, hasher: q.hasher, log: q.log, erase: q.erase}
	if ids, err := again.waiting(); err != nil || len(ids) != 1 || ids[0] != id {
		t.Fatalf("waiting are %v %v, want %s", ids, err, id)
	}
	fails = false
	if err := again.finish(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if ids, err := again.waiting(); err != nil || len(ids) != 0 {
		t.Errorf("waiting are still %v %v", ids, err)
	}
}
