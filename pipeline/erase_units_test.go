package pipeline

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/erasure"
	"askbuy/internal/experiment"
	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// erasedWhileCounted has a count of units that began before the facts were
// deleted, and writes only after it: it does not bring the shopper's row back.
func (i *instance) erasedWhileCounted(t *testing.T) {
	t.Helper()
	asked, answer := make(chan struct{}), make(chan struct{})
	slow := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.Method == http.MethodGet {
			close(asked)
			<-answer
			fmt.Fprintln(w, "erased-u1")
		}
	}))
	defer slow.Close()
	counted := make(chan error, 1)
	go func() {
		counted <- i.db.Exec(t.Context(), "INSERT INTO askbuy.experiment_units (experiment, generation, shop_id, user_id, first_exposure_at) SELECT 'e', 1, 's1', line, toDateTime64('2026-01-01 00:00:00', 3, 'UTC') FROM url('"+slow.URL+"', 'LineAsString', 'line String')", nil)
	}()
	<-asked
	waits := 0
	r := &erasing{subject: event.Shopper{ShopID: "s1", UserID: "erased-u1"}, salt: make([]byte, 16), cert: &Certificate{Rows: noRows()},
		Eraser: &Eraser{db: i.db, random: rand.Reader, passage: passage{now: time.Now, pause: func(ctx context.Context, d time.Duration) error {
			if waits++; waits == 1 {
				close(answer)
			}
			return wait.For(ctx, d)
		}}}}
	if err := r.deleteUnits(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := <-counted; err != nil {
		t.Fatal(err)
	}
	left, err := clickhouse.One[struct {
		N uint64 `ch:"n"`
	}](t.Context(), i.db, "SELECT count() AS n FROM askbuy.experiment_units", nil)
	if err != nil || left.N != 0 || r.cert.Rows["experiment_units"] != 1 || waits == 0 {
		t.Errorf("%d rows are left, %d were deleted after %d waits, %v", left.N, r.cert.Rows["experiment_units"], waits, err)
	}
}

// erasedUnits has an erased shopper, whose unit comes back neither from facts
// nor from what the topics still hold, and a new shopper by the same id.
func (i *instance) erasedUnits(t *testing.T) {
	t.Helper()
	const user = "erased-u2"
	x, err := OpenExperiments(i.config, i.db)
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now().Add(-48 * time.Hour)
	e, err := experiment.Parse(fmt.Appendf(nil, "{experiment: e, hypothesis: h, owner: o, start: %s, assignment: external, variants: [{name: v, weight: 0.5, control: true}, {name: w, weight: 0.5}], metrics: [{metric: conversation_to_order, role: success}]}",
		began.UTC().Format(time.RFC3339)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := x.Register(t.Context(), []experiment.Experiment{e}); err != nil {
		t.Fatal(err)
	}
	i.postEvents(t, past(user, "other", time.Now().Add(-3*time.Hour).UnixMilli()))
	i.drained(t)
	units := func() (users []string) {
		t.Helper()
		if _, err := x.Refresh(t.Context(), e); err != nil {
			t.Fatal(err)
		}
		rows, err := clickhouse.Select[struct {
			User string `ch:"user_id"`
			Told uint32 `ch:"earlier_conversations"`
		}](t.Context(), i.db, "SELECT user_id, earlier_conversations FROM askbuy.experiment_current", nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range rows {
			users = append(users, fmt.Sprint(row.User, " ", row.Told))
		}
		return users
	}
	if got := units(); len(got) != 1 {
		t.Fatalf("units %v", got)
	}
	units() // a second generation
	c, err := i.eraser(t).Erase(t.Context(), event.Shopper{ShopID: "s1", UserID: user}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if c.Rows["experiment_units"] != 2 {
		t.Errorf("deleted %v", c.Rows)
	}
	i.noTrace(t, user)
	if got := units(); len(got) != 0 {
		t.Errorf("units %v", got)
	}
	i.postEvents(t, []string{`{"type":"exposure","event_id":"x2","shop_id":"s1","user_id":"` + user + `","experiment":"e","variant":"v","ts":` + fmt.Sprint(c.ErasedAt.UnixMilli()+1) + `}`})
	i.drained(t)
	if got := fmt.Sprint(units()); got != "["+user+" 0]" {
		t.Errorf("the new shopper's units are %s", got)
	}
	r := &erasing{Eraser: i.eraser(t), subject: event.Shopper{ShopID: "s1", UserID: user}, hasher: erasure.NewHasher([]byte("k")), upTo: c.ErasedAt.UnixMilli(), salt: make([]byte, 16), orders: map[string]bool{}}
	if left, err := r.remaining(t.Context()); err != nil || left != 0 {
		t.Errorf("%d rows of the new shopper pass for the erased one's: %v", left, err)
	}
}
