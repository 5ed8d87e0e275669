package pipeline

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"askbuy/ingest/dedup"
	"askbuy/schemas/event"
)

// Follow gives what is there and what comes, a second later each.
func (l *fakeLog) Follow(ctx context.Context, from dedup.Offsets, f func([]event.Header, []byte)) error {
	for at := from[event.TopicMessages][0]; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
		end, _ := l.EndOffsets(ctx)
		if err := l.Read(ctx, event.TopicMessages, 0, at, end[event.TopicMessages][0], f); err != nil {
			return err
		}
		at = end[event.TopicMessages][0]
	}
}

func (l *fakeLog) copy(n int) (event.IdentityHash, event.Copy) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.events[n].Identity(), copyOf(&l.events[n])
}

// Two doors share a log: each knows what the other accepted, once, and passes
// over its own. A broker that is away at the start is waited for.
func TestDoorsLearnFromEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &fakeLog{}
		log.fail(errors.New("broker is away"))
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 2)
		var doors [2]*memory
		for n, name := range []string{"a", "b"} {
			m := newMemory(t, filepath.Join(t.TempDir(), name), log)
			var err error
			if m.others, err = newOthers(m.filter, prometheus.NewRegistry()); err != nil {
				t.Fatal(err)
			}
			doors[n] = m
			go func() { ended <- m.Run(ctx) }()
		}
		synctest.Wait()
		log.fail(nil)
		time.Sleep(endsAgain + time.Second)
		log.append(doors[0], "1")
		log.append(doors[1], "2")
		log.append(doors[0], "3")
		time.Sleep(2 * time.Second)
		for n, m := range doors {
			for i := range 3 {
				if v := m.filter.Begin(log.copy(i)).Verdict; v != dedup.Duplicate {
					t.Errorf("door %d says %v of event %d", n, v, i)
				}
			}
			if learnt, known := testutil.ToFloat64(m.others.learnt), testutil.ToFloat64(m.others.known); learnt != float64(1+n) || known != float64(2-n) {
				t.Errorf("door %d learnt %v and knew %v", n, learnt, known)
			}
			if testutil.ToFloat64(m.others.unreadable) == 0 {
				t.Error("what cannot be read is not counted")
			}
			if s := m.filter.Stats(); s.IDs != 3 || s.ExactIDs != 3 {
				t.Errorf("door %d remembers %d, %d of them exactly", n, s.IDs, s.ExactIDs)
			}
		}
		stop()
		for range doors {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
	})
}

// Two whole doors on one broker: what one accepted is a duplicate at the other.
func TestTwoDoorsOneBroker(t *testing.T) {
	a := start(t, testConfig(t.TempDir()))
	c := testConfig(t.TempDir())
	c.Roles, c.KafkaBrokers, c.KafkaPartitions, c.KafkaReplication = []Role{RoleIngest}, []string{a.at.Kafka}, 4, 1
	c.ClickHouseDSN, c.FingerprintKey, c.APIKey = a.at.DSN, a.secret(t, "fingerprint_key"), a.secret(t, "api_key")
	var registry *prometheus.Registry
	b := start(t, c, func(p *Pipeline) { registry = p.registry })
	body := []byte(`{"type":"message","event_id":"m1","shop_id":"s","user_id":"u","conv_id":"c","from":"user","text":"x","ts":1700000000000}`)
	if got := a.post(t, "/v1/events", c.APIKey, body); !strings.HasPrefix(string(got), `{"accepted":1,`) {
		t.Fatalf("the first door: %s", got)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for learntOf(t, registry) == 0 {
		select {
		case <-tick.C:
		case <-time.After(patience):
			t.Fatal("the second door does not learn")
		}
	}
	if got := b.post(t, "/v1/events", c.APIKey, body); !strings.HasPrefix(string(got), `{"accepted":0,"duplicate":1,`) {
		t.Errorf("the second door: %s", got)
	}
}

// learntOf is how many records a door has learnt from others.
func learntOf(t *testing.T, registry *prometheus.Registry) (n float64) {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			if f.GetName() == "askbuy_dedupe_followed_total" && m.GetLabel()[0].GetValue() == "learnt" {
				n = m.GetCounter().GetValue()
			}
		}
	}
	return n
}
