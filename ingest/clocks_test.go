package ingest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// What a sender's clock says is taken as it is, however old; from 5 minutes
// ahead of ours on, the event is set aside and acknowledged all the same.
func TestClocksOfSenders(t *testing.T) {
	at := func(d time.Duration) string { return fmt.Sprint(arrival.Add(d).UnixMilli()) }
	for name, c := range map[string]struct {
		ts   string
		want int64
		late bool // set aside: it is in the future
	}{
		"an hour slow":          {at(-time.Hour), arrival.Add(-time.Hour).UnixMilli(), false},
		"a little fast":         {at(5 * time.Minute), arrival.Add(5 * time.Minute).UnixMilli(), false},
		"more than a little":    {at(5*time.Minute + time.Millisecond), 0, true},
		"an hour fast":          {at(time.Hour), 0, true},
		"0":                     {"0", 0, false},
		"before the epoch":      {`"1969-12-31T23:59:59Z"`, -1000, false},
		"the last of int64, ns": {"9223372036854775807", 0, true}, // 2262-04-11
		"the last of int64, ms": {"9223372036854", 0, true},
		"2262":                  {`"2262-04-11T23:47:16Z"`, 0, true},
		"beyond any clock":      {"1e40", 0, true},
		// One wall clock, an hour apart: the hour that summer time repeats.
		"the first 01:30":  {`"2026-11-01T01:30:00-04:00"`, 1793511000000, false},
		"the second 01:30": {`"2026-11-01T01:30:00-05:00"`, 1793514600000, false},
	} {
		d := newDoor(t, nil)
		body := fmt.Sprintf(`{"type":"message","event_id":"m","shop_id":"s","user_id":"u","conv_id":"c","from":"user","text":"x","ts":%s}`, c.ts)
		w := d.send("POST", "/v1/events", "Bearer all", body)
		events, letters := d.events(t)
		switch {
		case w.Code != http.StatusOK:
			t.Errorf("%s: %d %s", name, w.Code, w.Body)
		case c.late && (len(events) != 0 || len(letters) != 1 || letters[0].Reason != event.ReasonFutureTS || !strings.Contains(w.Body.String(), "future_ts")):
			t.Errorf("%s: %d events, letters %+v", name, len(events), letters)
		case !c.late && (len(letters) != 0 || len(events) != 1 || events[0].TS != c.want):
			t.Errorf("%s: %+v, %d letters", name, events, len(letters))
		}
	}
}

// Our own clock jumps about: every event is acknowledged and kept, and only
// one that is ahead of the clock at its arrival is set aside.
func TestOurClockJumps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		now := arrival
		d := newDoor(t, func(o *ingest.Options) {
			o.Now = func() time.Time { return now }
			o.Limits.Default = ingest.Limit{PerSecond: 1, Burst: 1000}
		})
		sent, ahead := 0, 0
		for range rapid.IntRange(1, 10).Draw(rt, "events") {
			now = now.Add(rapid.SampledFrom([]time.Duration{0, time.Second, time.Hour, -time.Hour, 365 * 24 * time.Hour, -365 * 24 * time.Hour}).Draw(rt, "jump"))
			if arrival.Sub(now) > 5*time.Minute {
				ahead++
			}
			body := fmt.Sprintf(`{"type":"message","event_id":"m%d","shop_id":"s","user_id":"u","conv_id":"c","from":"user","text":"x","ts":%d}`, sent, arrival.UnixMilli())
			sent++
			if w := d.send("POST", "/v1/events", "Bearer all", body); w.Code != http.StatusOK {
				rt.Fatalf("%v: %d %s", now.Sub(arrival), w.Code, w.Body)
			}
		}
		if events, letters := d.events(t); len(events) != sent-ahead || len(letters) != ahead {
			rt.Fatalf("%d events and %d letters of %d, %d of them ahead", len(events), len(letters), sent, ahead)
		}
	})
}
