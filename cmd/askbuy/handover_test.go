package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"askbuy/reply/llm/llmtest"
)

// Two replicas behind round robin, a language model that stalls for up to three
// seconds, people who take over at random, and kill -9 of either replica: after
// a takeover's 200 no word of the bot's, every handoff is delivered, every
// request is answered in time. The long form is HANDOVERS=10000.
func TestHandovers(t *testing.T) {
	t.Parallel()
	n := number(t, "HANDOVERS", 48)
	s := newShopfloor(t)
	s.watchTheMachine()
	var workers sync.WaitGroup
	next := make(chan int)
	for range 24 {
		workers.Go(func() {
			for user := range next {
				s.converse(user)
			}
		})
	}
	for user := range n {
		switch user { // while others ask
		case n / 3:
			s.restart(0)
		case 2 * n / 3:
			s.restart(1)
		}
		next <- user
	}
	close(next)
	workers.Wait()
	s.stopWatch()
	s.deliveredAll()
	s.judge(n)
}

// shopfloor is the pair of replicas and those who come to them.
type shopfloor struct {
	*testing.T
	pair     []*instance
	up       [2]sync.RWMutex // held for writing while a replica is away
	turn     atomic.Int64
	receiver *httptest.Server
	stop     chan struct{} // of who watches the machine
	watcher  sync.WaitGroup

	mu sync.Mutex
	handoverTally
}

func newShopfloor(t *testing.T) *shopfloor {
	s := &shopfloor{T: t, handoverTally: newHandoverTally()}
	refused := map[string]bool{}
	s.receiver = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := io.Copy(io.Discard, r.Body); err != nil {
			t.Error(err)
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.postings++
		id := r.Header.Get("Webhook-Id")
		if !refused[id] && rand.IntN(5) == 0 { // it does not always take them at once: twice would be minutes
			refused[id] = true
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		s.delivered[id] = true
	}))
	t.Cleanup(s.receiver.Close)
	config := filepath.Join(t.TempDir(), "askbuy.yaml")
	content := fmt.Sprintf(`
reply:
  llm: {url: %q, model: "jitter:3000"}
  handoffs: {url: %q, secrets: ["whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="]}
`, llmtest.Start(t)+"/v1", s.receiver.URL)
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	args := append(host(t).engines(), "--roles", "reply", "--config", config)
	s.pair = []*instance{prepare(t, shared(), args...), prepare(t, shared(), args...)}
	for _, i := range s.pair {
		i.again()
	}
	return s
}

// restart kills a replica as a power cut would, and starts it again.
func (s *shopfloor) restart(which int) {
	s.pair[which].kill()
	s.up[which].Lock() // from here on the balancer knows
	defer s.up[which].Unlock()
	s.pair[which].again()
}

// watchTheMachine notes by how much this process wakes late: what it sees late
// was not said late.
func (s *shopfloor) watchTheMachine() {
	s.stop = make(chan struct{})
	s.watcher.Go(func() {
		const every = 10 * time.Millisecond
		tick := time.NewTicker(every)
		defer tick.Stop()
		for last := time.Now(); ; {
			select {
			case <-s.stop:
				return
			case <-tick.C:
			}
			now := time.Now()
			s.mu.Lock()
			s.lag = max(s.lag, now.Sub(last)-every)
			s.mu.Unlock()
			last = now
		}
	})
}

func (s *shopfloor) stopWatch() { close(s.stop); s.watcher.Wait() }

// reaction is what a request came to.
type reaction struct {
	status  int
	header  http.Header
	body    string
	sent    time.Time
	arrived time.Time // its first byte
}

// balancer keeps no connection: one to a replica that died would fail a request
// to the replica that came in its place.
var balancer = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

// ask goes to the replicas in turn, as a balancer does: past one that it knows
// to be away, and once more when the one it went to dies meanwhile: to the
// other, which may have been away until then.
func (s *shopfloor) ask(method, path string, header map[string]string, body string) (a reaction, ok bool) {
	first := int(s.turn.Add(1)) % 2
	var why error
	for _, which := range []int{first, 1 - first, first} {
		if !s.up[which].TryRLock() {
			why = errors.Join(why, fmt.Errorf("replica %d is away", which))
			continue
		}
		a, err := s.request(s.pair[which].door()+path, method, header, body)
		s.up[which].RUnlock()
		if err == nil {
			return a, true
		}
		why = errors.Join(why, fmt.Errorf("replica %d: %w", which, err))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed[fmt.Sprintf("%s was answered by no replica: %v", method, why)]++
	return a, false
}

func (s *shopfloor) request(url, method string, header map[string]string, body string) (a reaction, err error) {
	a.sent = time.Now()
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{GotFirstResponseByte: func() { a.arrived = time.Now() }})
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return a, err
	}
	for name, value := range header {
		r.Header.Set(name, value)
	}
	response, err := balancer.Do(r)
	if err != nil {
		return a, err
	}
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	a.status, a.header, a.body = response.StatusCode, response.Header, string(raw)
	took := time.Since(a.sent)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answered(method, a, took)
	return a, err
}

// questions that only the model answers, and some that call a person.
var questions = []string{"这个保温杯可以放进洗碗机里洗吗", "你们的包装盒是什么颜色的呀", "会员生日有什么礼物吗", "可以帮我写一张贺卡吗", "转人工", "我要投诉"}

// converse is one shopper: four questions, and for half of them somebody who
// takes over in the middle of it.
func (s *shopfloor) converse(n int) {
	user := fmt.Sprintf("u%05d", n)
	var conv atomic.Pointer[string]
	var over atomic.Pointer[time.Time] // when a takeover was answered
	var person sync.WaitGroup
	defer person.Wait()
	at := rand.IntN(8) // of the questions; beyond them nobody comes
	for q := range 4 {
		if q == at {
			person.Go(func() { s.takeOver(user, &conv, &over) })
		}
		a, ok := s.ask(http.MethodPost, "/chat", map[string]string{"X-WeChat-AppID": "wx", "X-User-ID": user},
			fmt.Sprintf(`{"query":"%s %d"}`, questions[rand.IntN(len(questions))], q))
		if !ok || a.status != http.StatusOK {
			continue
		}
		id := a.header.Get("X-Conv-ID")
		conv.Store(&id)
		s.mu.Lock()
		s.heard(user, a, over.Load())
		s.mu.Unlock()
	}
}

func (s *shopfloor) takeOver(user string, conv *atomic.Pointer[string], over *atomic.Pointer[time.Time]) {
	<-time.After(time.Duration(rand.IntN(1500)) * time.Millisecond) // a person comes at any moment
	id := "c-" + user
	if known := conv.Load(); known != nil {
		id = *known
	}
	a, ok := s.ask(http.MethodPost, "/v1/handoffs", map[string]string{"Authorization": "Bearer " + sharedAPIKey},
		fmt.Sprintf(`{"shop_id":"default","user_id":%q,"conv_id":%q}`, user, id))
	s.mu.Lock()
	defer s.mu.Unlock()
	if !ok || a.status != http.StatusOK {
		s.unsure++ // it may have been recorded all the same
		return
	}
	now := time.Now()
	over.Store(&now)
	s.takeovers++
	s.called[user] = true
}

// handoffs lists all, page by page.
func (s *shopfloor) handoffs() (users, ids map[string]bool) {
	s.Helper()
	users, ids = map[string]bool{}, map[string]bool{}
	for after := ""; ; {
		a, ok := s.ask(http.MethodGet, "/v1/handoffs?limit=500&after="+after, map[string]string{"Authorization": "Bearer " + sharedAPIKey}, "")
		var page struct {
			Handoffs []struct {
				ID   string `json:"handoff_id"`
				User string `json:"user_id"`
			}
			Next string
		}
		if !ok || json.Unmarshal([]byte(a.body), &page) != nil {
			s.Fatalf("list handoffs: %d %s", a.status, a.body)
		}
		for _, h := range page.Handoffs {
			users[h.User], ids[h.ID] = true, true
		}
		if after = page.Next; after == "" {
			return users, ids
		}
	}
}

// deliveredAll waits until everybody who was promised a person is listed, and
// every handoff was posted.
func (s *shopfloor) deliveredAll() {
	s.Helper()
	deadline, tick := time.Now().Add(patience), time.NewTicker(200*time.Millisecond)
	defer tick.Stop()
	for {
		users, ids := s.handoffs()
		s.mu.Lock()
		missing, waiting := s.undelivered(users, ids)
		s.mu.Unlock()
		if len(missing)+len(waiting) == 0 && len(ids) > 0 {
			return
		}
		if time.Now().After(deadline) {
			s.tellWhy(waiting)
			s.Fatalf("of %d handoffs %d were not delivered, %d shoppers' are not there: %v", len(ids), len(waiting), len(missing), missing)
		}
		<-tick.C
	}
}

// tellWhy logs what both replicas say of themselves.
func (s *shopfloor) tellWhy(waiting []string) {
	s.Helper()
	for n, i := range s.pair {
		response, err := http.Get(i.at.Admin + "/metrics")
		if err != nil {
			s.Logf("replica %d: %v", n, err)
			continue
		}
		raw, _ := io.ReadAll(response.Body)
		response.Body.Close()
		for line := range strings.Lines(string(raw)) {
			if strings.HasPrefix(line, "askbuy_handoff") || strings.HasPrefix(line, "askbuy_reply") && !strings.Contains(line, "bucket") || strings.HasPrefix(line, "askbuy_consumer_lag") || strings.HasPrefix(line, "askbuy_takeover") {
				s.Logf("replica %d: %s", n, strings.TrimSpace(line))
			}
		}
		s.Logf("replica %d: %s", n, i.err)
	}
	a, _ := s.ask(http.MethodGet, "/v1/handoffs?limit=500", map[string]string{"Authorization": "Bearer " + sharedAPIKey}, "")
	s.Log(a.body)
	for _, id := range waiting {
		s.Logf("%s was never taken", id)
	}
}

func (s *shopfloor) judge(n int) {
	s.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Logf("%d conversations: %v", n, &s.handoverTally)
	problems := s.problems()
	if len(problems) > 0 {
		for n, i := range s.pair {
			s.Logf("replica %d: %s", n, i.err)
		}
	}
	for _, problem := range problems {
		s.Error(problem)
	}
}
