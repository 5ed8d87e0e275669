package pipeline

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"askbuy/ingest/dedup"
	"askbuy/schemas/event"
)

// fakeLog is a topic of one partition.
type fakeLog struct {
	mu     sync.Mutex
	events []event.Event
	err    error
	reads  [][2]int64
}

func (l *fakeLog) EndOffsets(context.Context) (dedup.Offsets, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return dedup.Offsets{event.TopicMessages: {0: int64(len(l.events))}}, l.err
}

func (l *fakeLog) Read(_ context.Context, _ string, _ int32, from, to int64, f func([]event.Header, []byte)) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.reads = append(l.reads, [2]int64{from, to})
	for _, e := range l.events[from:to] {
		v := event.Envelope{Identity: e.Identity(), Copy: copyOf(&e)}
		value, err := event.Encode(&e)
		if err != nil {
			return err
		}
		f(v.Headers(), value)
	}
	f(nil, []byte("no event"))
	return nil
}

func (l *fakeLog) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

func copyOf(e *event.Event) event.Copy {
	return event.NewFingerprinter(make([]byte, 32)).Copy(e, false)
}

func (l *fakeLog) append(m *memory, id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := event.Event{Type: event.TypeMessage, ID: id, ShopID: "s", UserID: "u", ConvID: "c", From: event.RoleUser, Text: "x", TS: 5}
	l.events = append(l.events, e)
	m.filter.Begin(e.Identity(), copyOf(&e)).Commit()
}

func newMemory(t *testing.T, path string, log rawLog) *memory {
	t.Helper()
	filter, err := dedup.NewFilter(dedup.DefaultConfig(), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	m := &memory{filter: filter, path: path, log: log, logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		starts: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "starts"}, []string{"outcome"})}
	m.load()
	return m
}

// Whether it was stopped or killed, a door that starts again recognises what
// it accepted before.
func TestTheDoorRemembersOverARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log, path := &fakeLog{}, filepath.Join(t.TempDir(), "snapshot")
		ended := make(chan error, 1)
		run := func() (*memory, func()) {
			ctx, stop := context.WithCancel(t.Context())
			m := newMemory(t, path, log)
			go func() { ended <- m.Run(ctx) }()
			synctest.Wait()
			return m, stop
		}
		want := func(m *memory, n int, outcome string) {
			t.Helper()
			if testutil.ToFloat64(m.starts.WithLabelValues(outcome)) != 1 || !m.learnt.Load() || len(log.events) != n {
				t.Errorf("%d events, not %s", len(log.events), outcome)
			}
			for i := range log.events {
				if v := m.filter.Begin(log.events[i].Identity(), copyOf(&log.events[i])).Verdict; v != dedup.Duplicate {
					t.Errorf("%s: %v", log.events[i].ID, v)
				}
			}
		}
		m, kill := run()
		want(m, 0, "none")
		log.append(m, "a")
		time.Sleep(snapshotEvery + time.Second)
		log.append(m, "b") // behind the snapshot
		path = copyFile(t, path)
		kill()
		<-ended // it saved what the kill would have lost, but not where the next run looks
		m, stop := run()
		want(m, 2, "loaded")
		log.append(m, "c")
		stop()
		<-ended
		log.reads = nil
		synctest.Wait()
		m, stop = run()
		want(m, 3, "loaded")
		if len(log.reads) > 0 {
			t.Errorf("after a clean stop it read %v", log.reads)
		}
		log.fail(errors.New("broker is away"))
		stop()
		<-ended
		log.fail(nil)
		if err := os.WriteFile(path, []byte("torn"), 0o600); err != nil {
			t.Fatal(err)
		}
		m, stop = run()
		want(m, 3, "unusable")
		stop()
		<-ended
		log.events, log.reads = log.events[:1], nil // the topic was made anew
		m, stop = run()
		want(m, 1, "loaded")
		if len(log.reads) != 1 || log.reads[0] != [2]int64{0, 1} {
			t.Errorf("of a topic made anew it read %v", log.reads)
		}
		stop()
		<-ended
	})
}

func copyFile(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path+".copy", content, 0o600); err != nil {
		t.Fatal(err)
	}
	return path + ".copy"
}

func TestDoorBounds(t *testing.T) {
	c := DefaultConfig()
	c.APIKeys = []APIKey{{Name: "erp", Key: strings.Repeat("k", 32), AllShops: true}}
	c.Door.RateLimits = map[string]RateLimit{"default": {100, 200}, "coze": {}, "key:erp": {5, 10}}
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	l := c.Door.limits()
	if l.Default.PerSecond != 100 || l.Of["key:erp"].Burst != 10 {
		t.Errorf("limits %+v", l)
	}
	if err := c.Door.spool("d").Validate(); err != nil {
		t.Error(err)
	}
	c.Door = DoorBounds{RateLimits: map[string]RateLimit{"shopfy": {}, "coze": {EventsPerSecond: 1}}}
	err := c.Validate()
	for _, want := range []string{"door.spool_max_bytes", "door.dedupe_memory_bytes", "door.max_connections", `"shopfy" is no sender`, "burst"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %s: %v", want, err)
		}
	}
}

// The whole program is stopped and started: what a sender says again is
// recognised, with the snapshot and, once that is lost, from the topics.
func TestRepetitionsAreRecognisedAfterARestart(t *testing.T) {
	dir := t.TempDir()
	body := []byte(`{"type":"message","event_id":"m1","shop_id":"s","user_id":"u","conv_id":"c","from":"user","text":"x","ts":1700000000000}`)
	for _, want := range []string{`{"accepted":1,"duplicate":0,`, `{"accepted":0,"duplicate":1,`, `{"accepted":0,"duplicate":1,`} {
		i := start(t, testConfig(dir))
		if got := i.post(t, "/v1/events", i.secret(t, "api_key"), body); !strings.HasPrefix(string(got), want) {
			t.Errorf("got %s, want %s", got, want)
		}
		i.close(t)()
		snapshot := filepath.Join(dir, "dedupe.snapshot")
		if _, err := os.Stat(snapshot); err != nil {
			t.Error(err)
		}
		if want[12] == '0' {
			if err := os.Remove(snapshot); err != nil {
				t.Error(err)
			}
		}
	}
}
