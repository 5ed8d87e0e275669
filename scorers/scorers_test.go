package scorers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"askbuy/schemas/event"
)

var arrived = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// record is a message as the door stores it.
func record(t testing.TB, id string, change func(*event.Event)) Record {
	t.Helper()
	e := &event.Event{Type: event.TypeMessage, ID: id, ShopID: "s", UserID: "u", ConvID: "c", From: event.RoleUser, Text: "在吗 " + id, TS: 1}
	if change != nil {
		change(e)
	}
	v := &event.Envelope{Identity: e.Identity(), Copy: event.NewFingerprinter(make([]byte, 32)).Copy(e, false), Source: "events"}
	value, err := event.Encode(e)
	must(t, err)
	return Record{Headers: v.Headers(), Value: value, Time: arrived}
}

// broker is a topic of messages and one of opinions. It may fail.
type broker struct {
	mu        sync.Mutex
	polls     [][]Record
	opinions  []*event.SecondOpinion
	commits   int
	failures  int // of the next calls to Publish
	pollFails int
	done      context.CancelFunc // called when there is nothing left to poll
}

func (b *broker) Poll(ctx context.Context, max int) ([]Record, error) {
	if b.pollFails > 0 {
		b.pollFails--
		return nil, errors.New("away")
	}
	if len(b.polls) == 0 {
		b.done()
		return nil, ctx.Err()
	}
	records := b.polls[0]
	if b.polls = b.polls[1:]; len(records) > max {
		records, b.polls = records[:max], append([][]Record{records[max:]}, b.polls...)
	}
	return records, nil
}

func (b *broker) Commit(context.Context) error { b.commits++; return nil }
func (b *broker) Release()                     {}

func (b *broker) Publish(_ context.Context, o *event.SecondOpinion) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.failures > 0 {
		b.failures--
		return errors.New("away")
	}
	b.opinions = append(b.opinions, o)
	return nil
}

// rig is a scorer between a broker and a server.
type rig struct {
	*Scorer
	broker *broker
	slept  int
}

func newRig(t testing.TB, c Config, polls ...[]Record) *rig {
	t.Helper()
	r := &rig{broker: &broker{polls: polls}}
	if c.Name == "" {
		c.Name = "bert"
	}
	if c.When == "" {
		c.When = WhenAll
	}
	var err error
	r.Scorer, err = New(c, Deps{
		Source: r.broker, Results: r.broker, Now: func() time.Time { return arrived },
		Sleep:      func(context.Context, time.Duration) error { r.slept++; return nil },
		Uncertain:  func(_ context.Context, text string) bool { return strings.Contains(text, "?") },
		Gone:       func(e *event.Event) bool { return e.UserID == "erased" },
		Registerer: prometheus.NewRegistry(),
	})
	must(t, err)
	return r
}

func (r *rig) run(t testing.TB) []*event.SecondOpinion {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r.broker.done = cancel
	must(t, r.Run(ctx))
	return r.broker.opinions
}

func (r *rig) skipped(why skipReason) int {
	return int(testutil.ToFloat64(r.metrics.skipped.WithLabelValues(string(why))))
}

func TestOpinions(t *testing.T) {
	url := startServer(t)
	var records []Record
	for i := range 70 {
		records = append(records, record(t, fmt.Sprint(i), nil))
	}
	records = append(records, records[69]) // delivered twice
	r := newRig(t, Config{URL: url + "/good", Batch: 16, BudgetPerSecond: 1000}, records)
	opinions := r.run(t)
	if len(opinions) != 71 {
		t.Fatalf("%d opinions", len(opinions))
	}
	for _, o := range opinions {
		want := float64(len("在吗 "+o.EventID)) / 100
		if o.Outcome != event.OpinionScored || o.Score == nil || math.Abs(*o.Score-want) > 1e-12 || o.Label != "by length" || o.Scorer != "bert" || o.ConvID != "c" || o.TS != 1 {
			t.Errorf("%+v", o)
		}
	}
	if r.broker.commits == 0 {
		t.Error("nothing was committed")
	}
}

// Whatever a scorer does, every message gets an outcome, and none a score that
// is not to be believed.
func TestScorersThatFail(t *testing.T) {
	url := startServer(t)
	for path, want := range map[string]event.OpinionOutcome{
		"/stall": event.OpinionTimeout, "/stall-midway": event.OpinionTimeout,
		"/cut": event.OpinionUnavailable, "/error": event.OpinionUnavailable, "/busy": event.OpinionUnavailable,
		"/refuse": event.OpinionRefused, "/redirect": event.OpinionRefused, "/no-content": event.OpinionRefused,
		"/count": event.OpinionMalformed, "/foreign": event.OpinionMalformed, "/nan": event.OpinionMalformed, "/beyond": event.OpinionMalformed,
		"/negative": event.OpinionMalformed, "/infinite": event.OpinionMalformed, "/null": event.OpinionMalformed, "/label": event.OpinionMalformed,
		"/html": event.OpinionMalformed, "/trailing": event.OpinionMalformed, "/huge": event.OpinionMalformed,
	} {
		r := newRig(t, Config{URL: url + path, Timeout: 300 * time.Millisecond}, []Record{record(t, "m", nil)})
		opinions := r.run(t)
		if len(opinions) != 1 || opinions[0].Outcome != want || opinions[0].Score != nil || opinions[0].Label != "" {
			t.Errorf("%s: %+v, want %s", path, opinions, want)
		}
	}
	r := newRig(t, Config{URL: url + "/twice"}, []Record{record(t, "a", nil), record(t, "b", nil)})
	if opinions := r.run(t); len(opinions) != 2 || opinions[0].Outcome != event.OpinionMalformed {
		t.Errorf("/twice: %+v", opinions)
	}
	r = newRig(t, Config{URL: "http://127.0.0.1:1/"}, []Record{record(t, "a", nil)})
	if opinions := r.run(t); len(opinions) != 1 || opinions[0].Outcome != event.OpinionUnavailable {
		t.Errorf("nobody there: %+v", opinions)
	}
}

// After enough failures the breaker opens and asks nothing; when the scorer
// has recovered it asks again.
func TestBreaker(t *testing.T) {
	url := startServer(t)
	r := newRig(t, Config{URL: url + "/error", Batch: 1, Concurrency: 1, BudgetPerSecond: 1000, BreakerDelay: time.Hour})
	for i := range 20 {
		r.answer(t.Context(), []Record{record(t, fmt.Sprint(i), nil)})
	}
	asked := len(r.broker.opinions)
	if asked != breakerFailures || r.skipped(skipOpen) != 20-asked {
		t.Errorf("%d asked, %d skipped", asked, r.skipped(skipOpen))
	}
	r.config.URL = url + "/good"
	r.breaker.HalfOpen() // as after its delay
	for i := range 20 {
		r.answer(t.Context(), []Record{record(t, fmt.Sprint(i), nil)})
	}
	scored := 0
	for _, o := range r.broker.opinions {
		if o.Outcome == event.OpinionScored {
			scored++
		}
	}
	if scored != 20 || !r.breaker.IsClosed() {
		t.Errorf("%d scored after the recovery, breaker %v", scored, r.breaker.State())
	}
}

func TestSkipped(t *testing.T) {
	url := startServer(t)
	old := record(t, "old", nil)
	old.Time = arrived.Add(-time.Hour)
	r := newRig(t, Config{URL: url + "/good", When: WhenUncertain, BudgetPerSecond: 2}, []Record{
		record(t, "1?", nil), record(t, "2?", nil), record(t, "3?", nil), record(t, "sure", nil), {Value: []byte("x"), Time: arrived},
		record(t, "bot?", func(e *event.Event) { e.From = event.RoleBot }), record(t, "test?", func(e *event.Event) { e.Test = true }),
		record(t, "gone?", func(e *event.Event) { e.UserID = "erased" }), {Headers: old.Headers, Value: record(t, "old", nil).Value, Time: old.Time},
		{Headers: record(t, "late?", nil).Headers, Value: record(t, "late?", nil).Value, Time: old.Time},
	})
	if opinions := r.run(t); len(opinions) != 2 {
		t.Errorf("%d opinions", len(opinions))
	}
	for why, want := range map[skipReason]int{skipBudget: 1, skipCertain: 2, skipUndecodable: 1, skipNotDue: 2, skipErased: 1, skipLate: 1, skipOpen: 0} {
		if got := r.skipped(why); got != want {
			t.Errorf("%s: %d, want %d", why, got, want)
		}
	}
}

// While the broker is away opinions are kept, not asked for again.
func TestBrokerAway(t *testing.T) {
	url := startServer(t)
	r := newRig(t, Config{URL: url + "/good"}, []Record{record(t, "m", nil)})
	r.broker.failures, r.broker.pollFails = 3, 2
	if opinions := r.run(t); len(opinions) != 1 || r.slept != 5 || r.broker.commits != 1 {
		t.Errorf("%d opinions, waited %d times, %d commits", len(opinions), r.slept, r.broker.commits)
	}
}

// A stop does not wait for a scorer that stalls, commits nothing and blames
// nobody.
func TestStop(t *testing.T) {
	url := startServer(t)
	r := newRig(t, Config{URL: url + "/stall", Timeout: 30 * time.Second}, []Record{record(t, "m", nil)})
	ctx, cancel := context.WithCancel(t.Context())
	r.deps.Uncertain, r.config.When = func(context.Context, string) bool { cancel(); return true }, WhenUncertain
	must(t, r.Run(ctx))
	if len(r.broker.opinions) != 0 || r.broker.commits != 0 {
		t.Errorf("%d opinions, %d commits", len(r.broker.opinions), r.broker.commits)
	}
}

func TestConfig(t *testing.T) {
	err := (Config{Name: "A b", URL: "ftp://x", Batch: 1000, Timeout: time.Hour, BudgetPerSecond: 1e6, When: "never", Concurrency: 99}).Validate()
	for _, field := range []string{"name:", "url:", "batch:", "timeout:", "budget_per_second:", "when:", "concurrency:"} {
		if err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s is not in %v", field, err)
		}
	}
	if err := (Config{Name: "bert", URL: "http://localhost:9000/score"}).WithDefaults().Validate(); err != nil {
		t.Error(err)
	}
}

func FuzzDecode(f *testing.F) {
	batch := []*question{{id: "a"}, {id: "b"}, {id: "a"}}
	f.Add([]byte(`{"scores":[{"id":"a","score":0.5,"label":"x"},{"id":"b","score":1}]}`))
	f.Add([]byte(`{"scores":[{"id":"a","score":0.5},{"id":"a","score":1}]}`))
	f.Add([]byte(`{"scores":null}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		scores, err := decode(body, batch)
		if err != nil {
			return
		}
		again, err := json.Marshal(scores)
		if len(scores) != 2 || scores["a"].Score == nil || !(*scores["b"].Score >= 0 && *scores["b"].Score <= 1) || err != nil {
			t.Errorf("%s was believed: %s, %v", body, again, err)
		}
	})
}
