package main

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const requestBound = 1600 * time.Millisecond

// handoverTally is what shoppers, people and the receiver of packages saw, and
// its judge.
type handoverTally struct {
	delivered map[string]bool // handoffs whose package was taken
	postings  int
	called    map[string]bool // users who were promised a person, or given one
	takeovers int
	unsure    int // takeovers that were not answered 200
	asked     int
	bot       int             // replies with words of the bot's
	failed    map[string]int  // answers that nobody may get, by what they were
	took      []time.Duration // of requests beyond the bound
	spoken    []spoken
	lag       time.Duration // by how much this process woke late, at most
}

// spoken is an answer of the bot's that came after a takeover's.
type spoken struct {
	what  string
	asked bool          // after it, too
	after time.Duration // arrival
}

func newHandoverTally() handoverTally {
	return handoverTally{delivered: map[string]bool{}, called: map[string]bool{}, failed: map[string]int{}}
}

func (y *handoverTally) String() string {
	return fmt.Sprintf("%d requests, %d replies of the bot, %d takeovers, %d unsure, %d handoffs delivered in %d postings, %d requests beyond %v: %v, failed: %v, this process %v late",
		y.asked, y.bot, y.takeovers, y.unsure, len(y.delivered), y.postings, len(y.took), requestBound, y.took, y.failed, y.lag.Round(time.Millisecond))
}

// answered notes a request. Who takes over may be told to try again: it could
// not be assured that the bot is silent.
func (y *handoverTally) answered(method string, a reaction, took time.Duration) {
	y.asked++
	if took > requestBound {
		y.took = append(y.took, took)
	}
	again := a.status == http.StatusServiceUnavailable && a.header.Get("Retry-After") != ""
	if a.status != http.StatusOK && !again {
		y.failed[fmt.Sprint(method, " ", a.status, " ", a.body)]++
	}
}

// heard notes an answer to a shopper; over is when a takeover was answered, nil
// when none was.
func (y *handoverTally) heard(user string, a reaction, over *time.Time) {
	if a.header.Get("X-Handoff") == "pending" {
		y.called[user] = true
	}
	if a.header.Get("X-Reply-Route") == "human" {
		return
	}
	y.bot++
	if over != nil && a.arrived.After(*over) {
		what := fmt.Sprintf("%s was told %s by %s, %v after a takeover", user, a.body, a.header.Get("X-Reply-Route"), a.arrived.Sub(*over))
		y.spoken = append(y.spoken, spoken{what, a.sent.After(*over), a.arrived.Sub(*over)})
	}
}

// undelivered are the shoppers who wait for a person and are in no list, and the
// handoffs whose package nobody has taken.
func (y *handoverTally) undelivered(users, ids map[string]bool) (missing, waiting []string) {
	for user := range y.called {
		if !users[user] {
			missing = append(missing, user)
		}
	}
	for id := range ids {
		if !y.delivered[id] {
			waiting = append(waiting, id)
		}
	}
	return missing, waiting
}

// problems are what must not be. Of an answer that was on its way already, or
// was in time, this process may hear late by as much as it ever woke late, and
// the replicas share its machine.
func (y *handoverTally) problems() (all []string) {
	for _, s := range y.spoken {
		if s.asked || s.after > y.lag {
			all = append(all, s.what)
		}
	}
	for _, what := range slices.Sorted(maps.Keys(y.failed)) {
		all = append(all, fmt.Sprintf("%d times: %s", y.failed[what], what))
	}
	for _, took := range y.took {
		if took > requestBound+4*y.lag {
			all = append(all, fmt.Sprintf("a request took %v", took))
		}
	}
	if y.unsure > 1+y.takeovers/10 {
		all = append(all, fmt.Sprintf("%d takeovers were not assured, %d were", y.unsure, y.takeovers))
	}
	if y.takeovers == 0 || y.bot == 0 || len(y.delivered) == 0 {
		all = append(all, "the test saw nothing of what it is about")
	}
	return all
}

// Each of the checks can fail.
func TestTheJudgeOfHandovers(t *testing.T) {
	over := time.Now()
	bot := func(sent, arrived time.Duration) reaction {
		return reaction{status: 200, header: http.Header{"X-Reply-Route": {"llm"}}, sent: over.Add(sent), arrived: over.Add(arrived)}
	}
	f := func(want string, change func(*handoverTally)) {
		t.Helper()
		y := newHandoverTally()
		y.takeovers, y.bot, y.lag, y.delivered["h"] = 10, 1, 20*time.Millisecond, true
		change(&y)
		got := strings.Join(y.problems(), "; ")
		if (want == "") != (got == "") || !strings.Contains(got, want) {
			t.Errorf("problems %q, want %q", got, want)
		}
	}
	f("", func(y *handoverTally) { y.heard("u", bot(-2*time.Second, -time.Second), &over) })
	f("", func(y *handoverTally) { y.heard("u", bot(-time.Second, 10*time.Millisecond), &over) })
	f("after a takeover", func(y *handoverTally) { y.heard("u", bot(-time.Second, 30*time.Millisecond), &over) })
	f("after a takeover", func(y *handoverTally) { y.heard("u", bot(time.Millisecond, 2*time.Millisecond), &over) })
	f("", func(y *handoverTally) {
		a := bot(time.Second, 2*time.Second)
		a.header.Set("X-Reply-Route", "human")
		y.heard("u", a, &over)
	})
	f("", func(y *handoverTally) { y.answered("POST", reaction{status: 200}, requestBound+time.Millisecond) })
	f("took 2s", func(y *handoverTally) { y.answered("POST", reaction{status: 200}, 2*time.Second) })
	f("POST 500 x", func(y *handoverTally) { y.answered("POST", reaction{status: 500, body: "x"}, 0) })
	f("POST 503", func(y *handoverTally) { y.answered("POST", reaction{status: 503}, 0) })
	f("", func(y *handoverTally) {
		y.answered("POST", reaction{status: 503, header: http.Header{"Retry-After": {"1"}}}, 0)
	})
	f("", func(y *handoverTally) { y.unsure = 2 })
	f("not assured", func(y *handoverTally) { y.unsure = 3 })
	f("saw nothing", func(y *handoverTally) { y.takeovers = 0 })
	f("saw nothing", func(y *handoverTally) { y.bot = 0 })
	f("saw nothing", func(y *handoverTally) { clear(y.delivered) })

	y := newHandoverTally()
	y.called["u"], y.called["v"], y.delivered["h"] = true, true, true
	missing, waiting := y.undelivered(map[string]bool{"v": true}, map[string]bool{"h": true, "i": true})
	if !slices.Equal(missing, []string{"u"}) || !slices.Equal(waiting, []string{"i"}) {
		t.Errorf("missing %v, waiting %v", missing, waiting)
	}
}
