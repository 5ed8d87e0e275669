package pipeline

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// A scorer that answers and one that never does, beside each other: messages
// are scored as ever, opinions come as rows, and go with an erasure.
func TestSecondOpinions(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var asked struct {
			Messages []struct{ ID, Text string } `json:"messages"`
		}
		body, _ := io.ReadAll(r.Body)
		if err := json.Unmarshal(body, &asked); err != nil || r.URL.Path == "/stalls" {
			<-r.Context().Done()
			return
		}
		scores := []map[string]any{}
		for _, m := range asked.Messages {
			scores = append(scores, map[string]any{"id": m.ID, "score": 0.25, "label": m.Text})
		}
		_ = json.NewEncoder(w).Encode(map[string]any{"scores": scores})
	}))
	defer server.Close()
	c := testConfig(t.TempDir())
	c.Scorers = []Scorer{{Name: "answers", URL: server.URL, When: "all"}, {Name: "stalls", URL: server.URL + "/stalls", When: "all", Timeout: 20 * time.Millisecond}}
	i := start(t, c)
	i.postEvents(t, past("erased-u1", "other", time.Now().Add(-time.Hour).UnixMilli()))
	i.drained(t)
	if n := i.number(t, "(SELECT toInt64(count()) FROM askbuy.message_scores FINAL)"); n != 2 {
		t.Fatalf("%d scores", n)
	}
	i.await(t, "SELECT concat(event_id, ' ', scorer, ' ', outcome, ' ', ifNull(toString(score), '-'), ' ', label) AS k FROM bi.second_opinions ORDER BY k",
		"m1-erased-u1 answers scored 0.25 在吗 erased-u1", "m1-erased-u1 stalls timeout - ", "m3 answers scored 0.25 多少钱", "m3 stalls timeout - ")
	if _, err := i.eraser(t).Erase(t.Context(), event.Shopper{ShopID: "s1", UserID: "erased-u1"}, time.Now()); err != nil {
		t.Fatal(err)
	}
	i.await(t, "SELECT event_id AS k FROM bi.second_opinions")
	if n := i.number(t, "(SELECT toInt64(count()) FROM askbuy.second_opinions)"); n != 0 {
		t.Errorf("%d rows are left of the erased", n)
	}
}

// await asks until a statement gives these rows of one column.
func (i *instance) await(t *testing.T, sql string, want ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		_, _, rows, err := i.db.Query(ctx, sql, nil)
		var got []string
		for _, row := range rows {
			got = append(got, row[0].(string))
		}
		if err == nil && slices.Equal(got, want) {
			return
		}
		if waiting := wait.For(ctx, 100*time.Millisecond); waiting != nil {
			t.Fatalf("%v: got %q, want %q", err, got, want)
		}
	}
}

func TestScorersAreChecked(t *testing.T) {
	c := DefaultConfig()
	c.Scorers = []Scorer{{Name: "a", URL: "http://h/"}, {Name: "a", URL: "x", When: "now"}}
	err := c.Validate()
	for _, part := range []string{"scorers[1]: ", "url: ", "when: ", "scorers[1].name"} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%q is not in %v", part, err)
		}
	}
}
