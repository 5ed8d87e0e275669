package report

import (
	"strings"
	"testing"

	schema "askbuy/schemas/clickhouse"
)

// TestAgainstFactsThatExpired compares what does not rest on what may be gone,
// and finds no fault with the rest.
func TestAgainstFactsThatExpired(t *testing.T) {
	// m1 began the session of m2, m5 and m9 were touched by o2 and, after the
	// floor, o9: they are gone, and m6 is too old to be sure of.
	worn := func(tables ...string) *fixture {
		f := shop(t)
		later := t0 + 31*dayMs
		f.message("u4", "c8", "m8", later, nil)
		f.score("u4", "c8", map[string]float64{"m8": 1}, "m8", later)
		f.paid("u4", "o8", later+hour, "1.00", nil)
		f.touches("u4", "o8", later+hour, "", touch("c8", later, 0, 1, 1, f.scoreOf("m8")))
		f.message("u5", "c9", "m9", t0-dayMs, nil)
		f.score("u5", "c9", map[string]float64{"m9": 1}, "m9", t0-dayMs)
		f.paid("u5", "o9", t0+2*dayMs, "1.00", nil)
		f.touches("u5", "o9", t0+2*dayMs, "", touch("c9", t0-dayMs, 0, 1, 1, f.scoreOf("m9")))
		f.run("ALTER TABLE askbuy.messages DELETE WHERE event_id IN ('m1', 'm5', 'm9') SETTINGS mutations_sync = 2")
		for _, name := range tables {
			f.put(schema.RetentionFloors, map[string]any{"name": name, "floor": t0 + 1})
		}
		return f
	}
	said := func(f *fixture) string {
		var got []string
		for _, x := range f.diff().Differences {
			got = append(got, strings.Join([]string{x.Table, x.UserID, x.Key, x.What}, " "))
		}
		return strings.Join(got, ", ")
	}
	if got := said(worn("messages")); got != "" {
		t.Errorf("what has expired is missed: %s", got)
	}
	if got, want := said(worn()), "message_scores u1 m1 not due, message_scores u1 m2 differs, message_scores u2 m5 not due, message_scores u5 m9 not due, touches u2 o2 not due, touches u5 o9 not due"; got != want {
		t.Errorf("without a floor: %s\nwant %s", got, want)
	}
	for what, c := range map[string]struct{ change, want string }{
		"a whole session's score": {"ALTER TABLE askbuy.message_scores UPDATE buy_score = 0.5 WHERE event_id = 'm3'", "message_scores u1 m3 differs"},
		"a score that is missing": {"ALTER TABLE askbuy.message_scores DELETE WHERE event_id = 'm2'", "message_scores u1 m2 missing"},
		"a whole order":           {"ALTER TABLE askbuy.touches UPDATE named_conv_id = 'x' WHERE order_id = 'o8'", "touches u4 o8 differs"},
	} {
		f := worn("messages")
		f.run(c.change + " SETTINGS mutations_sync = 2")
		if got := said(f); got != c.want {
			t.Errorf("%s: %s, want %s", what, got, c.want)
		}
	}
	f := worn("messages")
	f.score("u4", "c8", map[string]float64{"mx": 1}, "mx", t0+31*dayMs)
	if got := said(f); got != "message_scores u4 mx not due" {
		t.Errorf("a score of nothing, lately: %s", got)
	}
	// An order's events go by themselves.
	f = shop(t)
	f.put(schema.RetentionFloors, map[string]any{"name": "orders", "floor": t0 - 5*dayMs})
	f.message("u6", "c6", "m7", t0, nil)
	f.score("u6", "c6", map[string]float64{"m7": 1}, "m7", t0)
	f.paid("", "o6", t0+dayMs, "1.00", nil) // an event that has expired named its shopper
	f.touches("u6", "o6", t0+dayMs, "", touch("c6", t0, 0, 1, 1, f.scoreOf("m7")))
	f.run("ALTER TABLE askbuy.order_events DELETE WHERE order_id = 'o2' SETTINGS mutations_sync = 2")
	if got := said(f); got != "" {
		t.Errorf("an order that has expired is missed: %s", got)
	}
	nothing := expired{never, never, never}
	for name, c := range map[string]struct{ got, want int64 }{
		"sessions": {expired{t0, never, never}.sessionsFrom(), t0 + dayMs}, "all sessions": {nothing.sessionsFrom(), never},
		"the past, by messages": {expired{t0, never, never}.pastFrom(), t0 + 30*dayMs}, "by orders": {expired{never, t0, never}.pastFrom(), t0 + 120*dayMs},
		"behaviours": {expired{never, never, t0}.behaviorsFrom(), t0 + dayMs}, "all": {max(nothing.pastFrom(), nothing.behaviorsFrom()), never},
	} {
		if c.got != c.want {
			t.Errorf("%s from %d, want %d", name, c.got, c.want)
		}
	}
}
