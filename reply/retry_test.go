package reply

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"pgregory.net/rapid"

	"askbuy/reply/conversation"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// counted is a ladder whose answers differ from each other.
func counted(r **rig, n *int) func(*Config, *Deps) {
	return func(_ *Config, d *Deps) {
		d.Handoffs = nil
		d.Arms = func(event.Shopper) turn.Arm { return turn.Arm{Experiment: "x", Variant: "b"} }
		d.Rungs = []Rung{{Step: step(func(context.Context, *turn.Turn) (turn.Reply, bool) {
			*n++
			(*r).pass(time.Duration(*n) * time.Millisecond)
			return turn.Reply{Text: fmt.Sprint("answer ", *n), Route: turn.RouteLLM}, true
		})}}
	}
}

// log is what the broker has: the first copy of each event, and how many events
// came in copies that say something else.
type log struct {
	*rig
	first     map[event.IdentityHash]event.Copy
	kinds     map[string]int
	conflicts int
	state     *conversation.State
}

func (r *rig) log() *log {
	return &log{rig: r, first: map[event.IdentityHash]event.Copy{}, kinds: map[string]int{}, state: &conversation.State{}}
}

// take has those of the events become durable that were to be recorded and are
// not lost.
func (l *log) take(lost func() bool) {
	hasher := event.NewFingerprinter(make([]byte, 32))
	for _, e := range l.events {
		if lost() {
			continue
		}
		copied := hasher.Copy(&e.Event, e.NoTS)
		id := e.Event.Identity()
		if before, known := l.first[id]; !known {
			l.first[id] = copied
			l.kinds[string(e.Event.Type)+string(e.Event.From)]++
			l.state.Apply(&e.Event)
		} else if !before.Same(copied) {
			l.conflicts++
		}
	}
	l.events = nil
}

// Whatever became of the first tries - nothing durable, a part of it, all of it
// and the answer lost -, and wherever the retries arrive, a question is one turn
// in the records, without a conflict, and what was said once is said again.
func TestATurnThatIsTriedAgainIsOneTurn(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := 0
		var r *rig
		r = newRig(t, counted(&r, &n))
		r.Accept = func(by, at time.Time, events []Sent) error { // kept though it fails
			r.events = append(r.events, events...)
			return r.refuse
		}
		l := r.log()
		r.now = r.now.Truncate(retryWindow).Add(rapid.SampledFrom([]time.Duration{0, time.Second, 9900 * time.Millisecond}).Draw(rt, "after the border of a slot"))
		var headers []string
		if rapid.Bool().Draw(rt, "named") {
			headers = []string{headerMessage, "m"}
		}
		said := ""
		for try := range rapid.IntRange(1, 4).Draw(rt, "tries") {
			r.refuse, r.unknown = nil, nil
			if rapid.Bool().Draw(rt, "fails") {
				r.refuse = errors.New("not acknowledged")
				if rapid.Bool().Draw(rt, "before the answer") {
					r.unknown = r.refuse
				}
			}
			w := r.post("/chat", `{"query":"在吗"}`, headers...)
			if r.refuse == nil && w.Code != http.StatusOK {
				rt.Fatalf("try %d: %d %s", try, w.Code, w.Body)
			}
			if body := w.Body.String(); w.Code == http.StatusOK {
				if said != "" && body != said {
					rt.Errorf("try %d says %s, before it was %s", try, body, said)
				}
				said = body
				if w.Header().Get(headerPrivacy) != "1" {
					rt.Errorf("try %d of the first turn tells nothing of the privacy notice", try)
				}
			}
			l.take(func() bool { return r.refuse != nil && rapid.Bool().Draw(rt, "lost") })
			if said != "" && l.kinds["exposure"] == 0 {
				rt.Error("a treated reply was said before its exposure was durable")
			}
			if rapid.Bool().Draw(rt, "elsewhere") { // another replica, or this one after a restart
				if _, asked := l.state.Turn().Find("", "在吗", r.now.UnixMilli(), retryWindow.Milliseconds()); !asked && len(headers) == 0 {
					continue // it left no trace to know it by but the slot of time
				}
				r.recent.InvalidateAll()
				r.attempts.InvalidateAll()
				r.exposed.InvalidateAll()
				r.states = map[event.Shopper]turn.State{{ShopID: "default", UserID: "u"}: l.state.Turn()}
			}
			r.pass(2 * time.Second)
		}
		for kind, n := range l.kinds {
			if n > 1 {
				rt.Errorf("%d records of %s", n, kind)
			}
		}
		if l.conflicts > 0 {
			rt.Errorf("%d copies contradict the first", l.conflicts)
		}
	})
}

// A treated reply that was recorded without its exposure is not said again
// before that is recorded.
func TestARetryMakesUpForTheExposure(t *testing.T) {
	n := 0
	var r *rig
	r = newRig(t, counted(&r, &n))
	l := r.log()
	r.chat(t, "在吗")
	at := 0
	l.take(func() bool { at++; return at == 2 }) // question, exposure, answer, what is known of it
	if l.kinds["exposure"] != 0 || l.kinds["reply"] != 1 {
		t.Fatalf("recorded %v", l.kinds)
	}
	r.recent.InvalidateAll()
	r.exposed.InvalidateAll()
	r.chat(t, "在吗")
	if l.take(func() bool { return false }); l.kinds["exposure"] != 1 || l.kinds["reply"] != 1 || n != 1 {
		t.Errorf("recorded %v, answered %d times", l.kinds, n)
	}
}

// A test message takes no real one's exposure away.
func TestATestExposesNobody(t *testing.T) {
	n := 0
	var r *rig
	r = newRig(t, counted(&r, &n))
	exposures := map[bool]string{}
	for _, query := range []string{"测试", "怎么退货", "测试"} {
		r.chat(t, query)
		for _, e := range r.recorded() {
			if e.Type == event.TypeExposure {
				exposures[e.Test] += e.ID
			}
		}
	}
	if exposures[true] == "" || exposures[false] == "" || exposures[true] == exposures[false] {
		t.Errorf("exposed %v", exposures)
	}
}
