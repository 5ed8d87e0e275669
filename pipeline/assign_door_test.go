package pipeline

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"askbuy/ingest"
	"askbuy/internal/experiment"
)

func TestAssignDoor(t *testing.T) {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	e := experiment.Experiment{
		Key: "greeting", Seed: "greeting", Assignment: experiment.ByAskbuy, Coverage: 1, Start: start, PlannedEnd: start.Add(14 * 24 * time.Hour),
		Variants: []experiment.Variant{{Name: "control", Weight: 0.8, Control: true}, {Name: "treatment", Weight: 0.2}},
	}
	later := e
	later.Key, later.Start = "later", start.Add(7*24*time.Hour)
	elsewhere := e
	elsewhere.Key, elsewhere.Shops = "elsewhere", []string{"s2"}
	now, fail := start, error(nil)
	a := &assigned{now: func() time.Time { return now }, read: func(context.Context) ([]experiment.Experiment, error) {
		return []experiment.Experiment{e, later, elsewhere}, fail
	}}
	if err := a.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	known, err := ingest.NewKeys([]ingest.Key{{Name: "one", Secret: "0123456789abcdef", Shops: []string{"s1"}}})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	a.register(mux, known, slog.New(slog.DiscardHandler))
	ask := func(method, query, key string) (int, string) {
		r := httptest.NewRequest(method, "/v1/assign?"+query, nil)
		r.Header.Set("Authorization", "Bearer "+key)
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		return w.Code, strings.TrimSpace(w.Body.String())
	}
	const ours = "0123456789abcdef"
	for _, c := range []struct {
		method, query, key string
		status             int
		holds              string
	}{
		{"GET", "shop_id=s1&user_id=u", "another-key-of-16", 401, "unauthorized"},
		{"GET", "shop_id=s2&user_id=u", ours, 403, "forbidden_shop"},
		{"GET", "shop_id=s1", ours, 400, "bad_field"},
		{"GET", "shop_id=s1&user_id=u&experiment=x", ours, 404, "not_found"},
		{"POST", "shop_id=s1&user_id=u", ours, 405, "method_not_allowed"},
		{"GET", "shop_id=s1&user_id=u&experiment=later", ours, 200, `{"assignments":[]}`},
		{"GET", "shop_id=s1&user_id=%E7%94%A8%E6%88%B7123", ours, 200, `{"assignments":[{"experiment":"greeting","variant":"` + *experiment.Assign("s1", "用户123", []experiment.Experiment{e})[0].Variant + `","bucket":`},
	} {
		if status, body := ask(c.method, c.query, c.key); status != c.status || !strings.Contains(body, c.holds) {
			t.Errorf("%s %s: %d %s", c.method, c.query, status, body)
		}
	}
	_, unknown := ask("GET", "shop_id=s1&user_id=u&experiment=x", ours)
	if status, body := ask("GET", "shop_id=s1&user_id=u&experiment=elsewhere", ours); status != 404 || body != unknown {
		t.Errorf("another shop's experiment: %d %s, an unknown one: %s", status, body, unknown)
	}
	if _, body := ask("GET", "shop_id=s1&user_id=u", ours); strings.Contains(body, "elsewhere") {
		t.Errorf("another shop's experiment is told of: %s", body)
	}
	now = e.PlannedEnd
	if status, body := ask("GET", "shop_id=s1&user_id=u&experiment=greeting", ours); status != 200 || body != `{"assignments":[]}` {
		t.Errorf("after the end: %d %s", status, body)
	}
	now, fail = later.Start, errors.New("warehouse is away")
	if err := a.refresh(t.Context()); err == nil {
		t.Error("no error")
	}
	if status, body := ask("GET", "shop_id=s1&user_id=u&experiment=later", ours); status != 200 || !strings.Contains(body, `"experiment":"later"`) {
		t.Errorf("what was known is forgotten: %d %s", status, body)
	}
}
