package reply

import (
	"bufio"
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

const (
	sentence = "第一句说完了。"
	theRest  = "第二句也说完了。"
)

// talker is a model: it says a sentence, and the rest when it may.
type talker struct {
	t    *testing.T
	on   chan struct{} // a value lets it go on
	fail bool          // it breaks off instead
	kept *turn.Reply   // what was learnt of the answer
}

func (k *talker) Answer(_ context.Context, t *turn.Turn) (turn.Reply, bool) {
	if t.Say == nil {
		return turn.Reply{Text: sentence + theRest, Route: turn.RouteLLM, Model: "m"}, true
	}
	t.Say(sentence)
	for range partsAtOnce + 1 {
		t.Say("") // when there is room for all of them, the sentence was heard
	}
	<-k.on
	if k.fail {
		return turn.Reply{}, false
	}
	t.Say(theRest)
	return turn.Reply{Text: sentence + theRest, Route: turn.RouteLLM, Model: "m"}, true
}

func (k *talker) Learn(_ *turn.Turn, r *turn.Reply) { k.kept = r }

// reading is a shopper who reads a stream.
type reading struct {
	*testing.T
	response *http.Response
	lines    *bufio.Scanner
}

func talking(t *testing.T, change ...func(*Config, *Deps)) (*rig, *talker, func() *reading) {
	k := &talker{t: t, on: make(chan struct{}, 1)}
	r := newRig(t, append([]func(*Config, *Deps){func(_ *Config, d *Deps) {
		d.Rungs = []Rung{{Step: k, Budget: time.Minute, LLM: true}}
		d.Arms = func(event.Shopper) turn.Arm { return turn.Arm{Experiment: "e", Variant: "llm"} }
	}}, change...)...)
	server := httptest.NewServer(r.mux)
	t.Cleanup(server.Close)
	return r, k, func() *reading {
		t.Helper()
		q, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/chat/stream", strings.NewReader(`{"query":"这个怎么样"}`))
		if err != nil {
			t.Fatal(err)
		}
		q.Header.Set(headerApp, "wx1")
		q.Header.Set(headerUser, "u")
		response, err := server.Client().Do(q)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = response.Body.Close() })
		return &reading{t, response, bufio.NewScanner(response.Body)}
	}
}

// wants is the next event; "": there is none.
func (s *reading) wants(name, data string) {
	s.Helper()
	var got [2]string
	for n := range got {
		if s.lines.Scan() {
			_, got[n], _ = strings.Cut(s.lines.Text(), ": ")
		}
	}
	s.lines.Scan()
	if got != [2]string{name, data} {
		s.Fatalf("the next event is %q, want %s %s", got, name, data)
	}
}

func reply(text string) string { return `{"reply":"` + text + `"}` }

func kinds(events []event.Event) (all []string) {
	for _, e := range events {
		all = append(all, string(e.Type)+" "+string(e.From)+e.Text)
	}
	return all
}

func TestTheBriefIsSaidWhileTheAnswerIsMade(t *testing.T) {
	r, k, ask := talking(t)
	s := ask()
	s.wants("brief", reply(sentence))
	h := s.response.Header
	if h.Get(headerRoute) != "llm" || h.Get(headerConv) == "" || h.Get("ETag") != etag(sentence) || h.Get(headerHandoff) != "none" {
		t.Errorf("headers %v", h)
	}
	have := kinds(r.recorded())
	slices.Sort(have) // the question is recorded beside the model
	if want := []string{"exposure ", "message bot" + sentence, "message user这个怎么样"}; !slices.Equal(have, want) {
		t.Errorf("recorded before it was said: %q; want %q", have, want)
	}
	k.on <- struct{}{}
	s.wants("detail", reply(sentence+theRest))
	s.wants("done", "{}")
	if have := r.recorded(); len(have) != 1 || have[0].Reply == nil || have[0].Reply.Model != "m" {
		t.Errorf("recorded after it: %+v", have)
	}
	if known := r.states[event.Shopper{ShopID: "default", UserID: "u"}].Rounds; len(known) != 1 || known[0].Answer != sentence {
		t.Errorf("remembered as %+v", known)
	}
}

func TestWhatWasSaidIsTheAnswerWhenTheRestGoesWrong(t *testing.T) {
	r, k, ask := talking(t)
	k.fail = true
	s := ask()
	s.wants("brief", reply(sentence))
	k.on <- struct{}{}
	s.wants("detail", reply(sentence))
	s.wants("done", "{}")
	events := r.recorded()
	if last := events[len(events)-1]; last.Reply == nil || last.Reply.Route != "llm" || !last.Reply.Answered {
		t.Errorf("recorded %+v", last)
	}
	if k.kept == nil || !k.kept.Own {
		t.Errorf("kept for others: %+v", k.kept)
	}
}

func TestNothingIsSaidAloudAfterATakeover(t *testing.T) {
	shopper := event.Shopper{ShopID: "default", UserID: "u"}
	human := turn.State{Mode: turn.ModeHuman}
	for _, when := range []string{"before the brief", "before the detail"} {
		t.Run(when, func(t *testing.T) {
			takeOver := func(*rig) {}
			r, k, ask := talking(t, func(_ *Config, d *Deps) {
				arms := d.Arms
				d.Arms = func(s event.Shopper) turn.Arm { takeOver(d.Conversations.(*rig)); return arms(s) }
			})
			set := func(r *rig) { r.mu.Lock(); defer r.mu.Unlock(); r.states[shopper] = human }
			if when == "before the brief" {
				takeOver = set // the turn has begun
				k.on <- struct{}{}
			}
			s := ask()
			if when == "before the brief" {
				s.wants("brief", reply(""))
			} else {
				s.wants("brief", reply(sentence))
				set(r)
				k.on <- struct{}{}
			}
			s.wants("detail", reply(""))
			s.wants("done", "{}")
		})
	}
}

// A brief that may not be durable is not said; the answer that is made of it
// is, once it is.
func TestABriefThatCannotBeRecordedIsNotSaid(t *testing.T) {
	r, k, ask := talking(t)
	r.refuse = errors.New("the broker is away")
	k.on <- struct{}{}
	if s := ask(); s.response.StatusCode != http.StatusInternalServerError {
		t.Fatalf("answered %d", s.response.StatusCode)
	}
	r.mu.Lock()
	r.refuse = nil
	r.mu.Unlock()
	s := ask()
	s.wants("brief", reply(sentence))
	s.wants("detail", reply(sentence+theRest))
	s.wants("done", "{}")
	have := strings.Join(kinds(r.recorded()), ", ")
	if want := "message user这个怎么样, exposure , message bot" + sentence + ", reply "; have != want {
		t.Errorf("recorded %s; want %s", have, want)
	}
}

// Who has the brief and not what goes with the rest is told that it is not done.
func TestAStreamThatBreaksOffIsNotDone(t *testing.T) {
	r, k, ask := talking(t)
	s := ask()
	s.wants("brief", reply(sentence))
	r.mu.Lock()
	r.refuse = errors.New("the broker is away")
	r.mu.Unlock()
	k.on <- struct{}{}
	s.wants("", "")
	r.mu.Lock()
	r.refuse = nil
	r.mu.Unlock()
	s = ask()
	s.wants("brief", reply(sentence))
	s.wants("detail", reply(sentence+theRest))
	s.wants("done", "{}")
}

// A brief that was read before the rest went wrong is the answer, whichever
// replica is asked again, and the question is one turn in the records.
func TestABriefThatWasReadIsSaidAgainElsewhere(t *testing.T) {
	r, k, ask := talking(t)
	l := r.log()
	durable := func() { r.mu.Lock(); defer r.mu.Unlock(); l.take(func() bool { return false }) }
	s := ask()
	s.wants("brief", reply(sentence))
	r.mu.Lock()
	r.refuse = errors.New("the broker is away")
	r.mu.Unlock()
	k.on <- struct{}{}
	s.wants("", "")
	durable()
	r.recent.InvalidateAll()
	r.attempts.InvalidateAll()
	r.exposed.InvalidateAll()
	r.mu.Lock()
	r.refuse, r.states = nil, map[event.Shopper]turn.State{{ShopID: "default", UserID: "u"}: l.state.Turn()}
	r.mu.Unlock()
	s = ask()
	s.wants("brief", reply(sentence))
	s.wants("detail", reply(sentence))
	s.wants("done", "{}")
	durable()
	if want := map[string]int{"exposure": 1, "messageuser": 1, "messagebot": 1, "reply": 1}; !maps.Equal(l.kinds, want) || l.conflicts > 0 {
		t.Errorf("recorded %v with %d conflicts, want %v", l.kinds, l.conflicts, want)
	}
}
