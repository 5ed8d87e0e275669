package reply

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

// desk records what was shown, and lets nothing lapse.
type desk struct{}

func (desk) Call(*turn.Turn, *turn.Reply) ([]event.Event, bool) { return nil, false }

func (desk) Lapse(context.Context, event.Shopper) (bool, error) { return false, nil }

func (desk) Shown(s event.Shopper, conv string, ids []string) event.Event {
	return event.Event{Type: event.TypeHandoff, ID: "shown", ShopID: s.ShopID, UserID: s.UserID, ConvID: conv, Handoff: &event.Handoff{ID: "h", Step: event.HandoffShown, Shown: ids}}
}

// overtaken is a step that is answering while a person takes over.
type overtaken struct{ r **rig }

func (o overtaken) Answer(_ context.Context, t *turn.Turn) (turn.Reply, bool) {
	(*o.r).mu.Lock()
	defer (*o.r).mu.Unlock()
	s := (*o.r).states[t.Shopper]
	s.Mode = turn.ModeHuman
	(*o.r).states[t.Shopper] = s
	return turn.Reply{Text: "机器人的话", Route: turn.RouteRule}, true
}

// What the bot was about to say when a person took over is neither sent nor
// recorded as said; what the shopper wrote is.
func TestTakenOverWhileItIsAnswered(t *testing.T) {
	for _, path := range []string{"/chat", "/chat/stream"} {
		var r *rig
		r = newRig(t, func(_ *Config, d *Deps) { d.Rungs, d.Handoffs = []Rung{{Step: overtaken{&r}}}, desk{} })
		w := r.post(path, `{"query":"在吗"}`)
		if w.Code != http.StatusOK || w.Header().Get(headerHandoff) != "human" || w.Header().Get(headerRoute) != "human" || strings.Contains(w.Body.String(), "机器人") {
			t.Errorf("%s: %d %v %s", path, w.Code, w.Header(), w.Body)
		}
		events := r.recorded()
		if len(events) != 1 || events[0].From != event.RoleUser {
			t.Errorf("%s records %+v", path, events)
		}
	}
}

func TestSilentWhenItCannotBeKnownWhoHasTheConversation(t *testing.T) {
	r := newRig(t)
	r.unknown = errors.New("no broker")
	w := r.post("/chat", `{"query":"怎么退货"}`)
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), lateText) || strings.Contains(w.Body.String(), "退货") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	if events := r.recorded(); len(events) != 1 || events[0].From != event.RoleUser {
		t.Errorf("recorded %+v", events)
	}
}

// A person's words are recorded as shown once they were sent.
func TestWordsAreShownOnce(t *testing.T) {
	for _, path := range []string{"/chat", "/chat/stream"} {
		r := newRig(t, func(_ *Config, d *Deps) { d.Handoffs = desk{} })
		s := event.Shopper{ShopID: "default", UserID: "u"}
		r.states[s] = turn.State{Mode: turn.ModeHuman, Waiting: []turn.Words{{EventID: "w1", Text: "您好"}, {EventID: "w2", Text: "请稍等"}}}
		w := r.post(path, `{"query":"在吗"}`)
		if !strings.Contains(w.Body.String(), `您好\n请稍等`) {
			t.Errorf("%s: %s", path, w.Body)
		}
		events := r.recorded()
		last := events[len(events)-1]
		if last.Type != event.TypeHandoff || !slices.Equal(last.Handoff.Shown, []string{"w1", "w2"}) {
			t.Errorf("%s records %+v", path, last)
		}
		if w = r.post(path, `{"query":"还在吗"}`); strings.Contains(w.Body.String(), "您好") {
			t.Errorf("%s: again %s", path, w.Body)
		}
	}
}

// What a person wrote before they gave the conversation back reaches the
// shopper before the bot's answer, whole and once, and is not recorded as the
// bot's.
func TestWordsOfAPersonWhoHasLeft(t *testing.T) {
	long := strings.Repeat("已为您补发,", 20)
	for _, path := range []string{"/chat", "/chat/stream"} {
		r := newRig(t, func(_ *Config, d *Deps) { d.Handoffs = desk{} })
		s := event.Shopper{ShopID: "default", UserID: "u"}
		r.states[s] = turn.State{Waiting: []turn.Words{{EventID: "w1", Text: "您好"}, {EventID: "w2", Text: long}}}
		w := r.post(path, `{"query":"怎么退货"}`)
		if !strings.Contains(w.Body.String(), `"您好\n`+long+`\n签收七天内`) || w.Header().Get(headerRoute) != "faq" {
			t.Errorf("%s: %v %s", path, w.Header(), w.Body)
		}
		events := r.recorded()
		if last := events[len(events)-1]; last.Type != event.TypeHandoff || !slices.Equal(last.Handoff.Shown, []string{"w1", "w2"}) {
			t.Errorf("%s records %+v", path, last)
		}
		for _, e := range events {
			if e.From == event.RoleBot && strings.Contains(e.Text, "您好") {
				t.Errorf("%s: the bot is recorded to have said %q", path, e.Text)
			}
		}
		if w = r.post(path, `{"query":"运费谁出"}`); strings.Contains(w.Body.String(), "您好") {
			t.Errorf("%s: again %s", path, w.Body)
		}
	}
}

// Words that the shopper's side has kept from an answer that was lost on its
// way to be recorded as shown are shown, too, when nothing is sent again.
func TestWordsThatAreNotModifiedAreShown(t *testing.T) {
	r := newRig(t, func(_ *Config, d *Deps) { d.Handoffs = desk{} })
	r.states[event.Shopper{ShopID: "default", UserID: "u"}] = turn.State{Mode: turn.ModeHuman, Waiting: []turn.Words{{EventID: "w1", Text: "您好"}}}
	if w := r.post("/chat", `{"query":"在吗"}`, "If-None-Match", etag("您好")); w.Code != http.StatusNotModified {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	events := r.recorded()
	if last := events[len(events)-1]; last.Type != event.TypeHandoff || !slices.Equal(last.Handoff.Shown, []string{"w1"}) {
		t.Errorf("recorded %+v", last)
	}
}

// lapsing is a desk at which every handoff that is asked about lapses, or whose
// answer cannot be had.
type lapsing struct {
	desk
	r   **rig
	err error
}

func (l lapsing) Lapse(_ context.Context, s event.Shopper) (bool, error) {
	if l.err != nil {
		return false, l.err
	}
	(*l.r).states[s] = turn.State{LastAt: (*l.r).states[s].LastAt}
	return true, nil
}

// A shopper whom a person took and let lie for two hours is the bot's again, at
// once; before that, and where it cannot be recorded, the person's.
func TestASilentPersonHasTheShopperNoMore(t *testing.T) {
	f := func(silent time.Duration, err error, want turn.Route) {
		t.Helper()
		var r *rig
		r = newRig(t, func(_ *Config, d *Deps) { d.Handoffs = lapsing{r: &r, err: err} })
		r.states[event.Shopper{ShopID: "default", UserID: "u"}] = turn.State{Mode: turn.ModeHuman, LastAt: r.now.Add(-silent).UnixMilli()}
		if _, h := r.chat(t, "怎么退货"); h.Get(headerRoute) != string(want) {
			t.Errorf("after %v, %v: by %s, want %s", silent, err, h.Get(headerRoute), want)
		}
	}
	f(turn.Silence-time.Millisecond, nil, turn.RouteHuman)
	f(turn.Silence, nil, turn.RouteFAQ)
	f(turn.Silence, errors.New("no broker"), turn.RouteHuman)
}
