package simulator

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"askbuy/internal/experiment"
	"askbuy/internal/simulator/doortest"
	"askbuy/schemas/event"
)

// turning is a clock that only sleeping moves.
type turning struct {
	mu sync.Mutex
	at time.Time
}

func (c *turning) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *turning) sleep(_ context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	return nil
}

func TestTheSampleShop(t *testing.T) {
	clock := &turning{at: endOfTest.Add(22 * time.Hour)}
	door := &doortest.Door{APIKey: "key", CozeSecret: secret, Now: clock.now}
	server := httptest.NewServer(door)
	defer server.Close()
	client := server.Client()
	defer client.CloseIdleConnections()
	tried, err := experiment.Parse(SampleFile(clock.now()))
	if err != nil {
		t.Fatal(err)
	}
	play := func(until time.Time) {
		ctx, cancel := context.WithCancel(context.Background())
		defer cancel()
		told := 0
		err := Sample(ctx, SampleOptions{
			Days: 3, PerDay: 30, Experiment: &tried, Backfill: func(events int) { told = events },
			Play: PlayOptions{URL: server.URL, APIKey: "key", CozeSecret: secret, Client: client, Now: clock.now,
				Sleep: func(ctx context.Context, d time.Duration) error {
					if clock.now().After(until) {
						cancel()
					}
					return errors.Join(ctx.Err(), clock.sleep(ctx, d*30)) // a minute at a time
				}}})
		if err != nil || told == 0 {
			t.Fatalf("want the past told and a clean end, have %d events, %v", told, err)
		}
	}

	play(clock.now())
	past := len(door.Events)
	first := endOfTest.Add(-3 * 24 * time.Hour).UnixMilli()
	for _, e := range door.Events {
		if e.TS < first-time.Hour.Milliseconds() || e.TS > clock.now().UnixMilli() {
			t.Fatalf("not of the past: %+v", e)
		}
	}
	play(clock.now().Add(4 * time.Hour)) // again, and on past midnight
	live := len(door.Events) - past
	if live < 10 || live > past {
		t.Errorf("%d events in four hours after %d in four days", live, past)
	}
	shown := map[string]int{}
	for _, e := range door.Events {
		if e.Type == event.TypeExposure {
			given := experiment.Assign(e.ShopID, e.UserID, []experiment.Experiment{tried})
			if e.Experiment != SampleExperiment || e.Variant != *given[0].Variant {
				t.Fatalf("shown %s of %s, the file gives %s", e.Variant, e.Experiment, *given[0].Variant)
			}
			shown[e.Variant]++
		}
		if e.ShopID != "default" && e.ShopID != "outlet" {
			t.Fatalf("of no sample shop: %+v", e)
		}
	}
	if shown[control] == 0 || shown[treatment] == 0 {
		t.Errorf("variants were shown %v times", shown)
	}
	if len(door.Letters) > 0 || len(door.Conflicts) > 0 {
		t.Errorf("the sample shop makes no mistakes, have %v and %v", door.Letters, door.Conflicts)
	}
}

func TestASampleWithoutADoorFails(t *testing.T) {
	clock := &turning{at: endOfTest}
	err := Sample(context.Background(), SampleOptions{Days: 1, PerDay: 5, Play: PlayOptions{
		URL: "http://door", APIKey: "key", CozeSecret: secret, Client: &http.Client{Transport: refusing{}}, Now: clock.now, Sleep: clock.sleep}})
	if !errors.Is(err, errRefused) {
		t.Errorf("want the door's error, have %v", err)
	}
}
