package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"askbuy/ingest"
	"askbuy/internal/simulator"
	"askbuy/internal/simulator/verify"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// simulate plays a small storm into an instance and returns the truth's place.
func (i *instance) simulate(t *testing.T, seed uint64, conversations int, noise simulator.Noise, change ...func(*simulator.Options)) string {
	t.Helper()
	o := simulator.DefaultOptions(time.Now().Add(-time.Minute))
	o.Seed, o.Conversations, o.Shops, o.Noise, o.PersonalData = seed, conversations, 3, noise, true
	for _, f := range change {
		f(&o)
	}
	s, err := simulator.New(o)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := s.WriteTruth(dir); err != nil {
		t.Fatal(err)
	}
	result, err := s.Play(t.Context(), simulator.PlayOptions{URL: i.at.HTTP, APIKey: i.secret(t, "api_key"), CozeSecret: i.secret(t, "coze_secret")})
	if err != nil {
		t.Fatal(err)
	}
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	i.drained(t)
	return dir
}

// red lists the checks that find a difference.
func (i *instance) red(t *testing.T, dir string) []string {
	t.Helper()
	found, err := verify.Run(t.Context(), i.db, dir, verify.Options{Settle: 3 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	var red []string
	for _, check := range found.Checks {
		if check.Found > 0 {
			red = append(red, check.Name)
		}
	}
	if found.OK() != (len(red) == 0) {
		t.Errorf("OK is %v with red checks %v", found.OK(), red)
	}
	return red
}

// A storm is ridden out: what the reports say is the truth, and the derived
// rows are what the facts say.
func TestStormEndsInTheTruth(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	if red := i.red(t, i.simulate(t, 7, 150, simulator.NoiseStorm)); len(red) > 0 {
		t.Errorf("verify finds differences in %v", red)
	}
	i.sameAsFacts(t)
}

// verify can fail: a pipeline with a fault differs from the truth in the
// checks that the fault concerns.
func TestVerifySeesPlantedFaults(t *testing.T) {
	faults := map[string]struct {
		change func(*event.Event, int64) // of what is published; nil: none
		views  *strings.Replacer         // of the views' SQL; nil: none
		red    []string                  // among the red checks are these
	}{
		"no deduplication": {
			change: func() func(*event.Event, int64) {
				var n atomic.Int64
				return func(e *event.Event, _ int64) { e.ID = fmt.Sprintf("%s-%d", e.ID, n.Add(1)) }
			}(),
			red: []string{"messages", "conversations", "behaviors"}, // an order said twice is still one
		},
		"a window of 71 hours": {
			views: strings.NewReplacer("<= 72 * 3600", "<= 71 * 3600"),
			red:   []string{"conversations", "funnel_daily"},
		},
		"arrival for event time": {
			change: func(e *event.Event, arrival int64) { e.TS = arrival },
			red:    []string{"messages", "conversations", "touches"},
		},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			i := start(t, testConfig(t.TempDir()), func(p *Pipeline) {
				if fault.change != nil {
					p.behindDoor = func(next publisher) publisher { return changing{next, fault.change} }
				}
			})
			if fault.views != nil {
				i.replaceViews(t, fault.views)
			}
			red := i.red(t, i.simulate(t, 7, 120, simulator.NoiseDefault))
			for _, want := range fault.red {
				if !slices.Contains(red, want) {
					t.Errorf("check %s is green, red are %v", want, red)
				}
			}
		})
	}
}

func (i *instance) replaceViews(t *testing.T, with *strings.Replacer) {
	t.Helper()
	views, err := warehouse.Views(warehouse.Cluster{})
	if err != nil {
		t.Fatal(err)
	}
	changed := false
	for _, v := range views {
		sql := with.Replace(v.SQL)
		changed = changed || sql != v.SQL
		if err := i.db.Exec(t.Context(), sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !changed {
		t.Fatal("no view has what the fault would change")
	}
}

// changing publishes events other than those that the door accepted.
type changing struct {
	next   publisher
	change func(*event.Event, int64)
}

func (c changing) Start(r ingest.Record, then func(error)) {
	if e, envelope, err := event.Open(r.Headers, r.Value); err == nil { // dead letters pass
		c.change(e, r.Time.UnixMilli())
		envelope.Identity = e.Identity()
		value, err := event.Encode(e)
		if err != nil {
			then(err)
			return
		}
		r.Value, r.Headers = value, envelope.Headers()
	}
	c.next.Start(r, then)
}
