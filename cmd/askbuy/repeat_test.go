package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"
)

// repeater repeats a recording to a door: in its order, as many requests at once
// as then, and each until it is answered for good. It sends no more than it
// was given leave for, so that a test decides how far it is.
type repeater struct {
	t      *testing.T
	log    []asked
	door   func(request, try int) string
	tries  int // of one request; 0: until it is answered
	client *http.Client

	mu      sync.Mutex
	changed *sync.Cond
	leave   int // requests that may be sent
	next    int
	open    map[int]bool
	acked   int // requests
	events  int // in them
	retries int
	ended   bool
}

const senders = 8

// repeat begins to repeat a recording, to nobody yet. It ends with the test.
func repeat(t *testing.T, log []asked, tries int, door func(request, try int) string) *repeater {
	t.Helper()
	s := &repeater{
		t: t, log: log, door: door, tries: tries, open: map[int]bool{},
		client: &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: senders}},
	}
	s.changed = sync.NewCond(&s.mu)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range senders {
		all.Go(func() { s.work(ctx) })
	}
	t.Cleanup(func() {
		cancel()
		s.mu.Lock()
		s.ended = true
		s.mu.Unlock()
		s.changed.Broadcast()
		all.Wait()
		s.client.CloseIdleConnections()
	})
	return s
}

// allow gives leave for n more requests.
func (s *repeater) allow(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.leave = min(s.leave+n, len(s.log))
	s.changed.Broadcast()
}

// all gives leave for the rest and waits for the last answer.
func (s *repeater) all() {
	s.t.Helper()
	s.allow(len(s.log))
	s.until(len(s.log), nil)
}

// until waits for so many answers, or until stop is closed.
func (s *repeater) until(acked int, stop <-chan struct{}) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 2*patience)
	defer cancel()
	go func() {
		select {
		case <-stop:
		case <-ctx.Done():
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		s.changed.Broadcast()
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	for s.acked < acked {
		select {
		case <-stop:
			return
		default:
		}
		if ctx.Err() != nil {
			s.t.Fatalf("%d of %d requests are answered: %v", s.acked, acked, ctx.Err())
		}
		s.changed.Wait()
	}
}

// sent is how far it is.
func (s *repeater) sent() (acked, leave int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.acked, s.leave
}

func (s *repeater) work(ctx context.Context) {
	for {
		i, ok := s.take()
		if !ok {
			return
		}
		events, ok := s.deliver(ctx, i)
		if !ok {
			return
		}
		s.mu.Lock()
		delete(s.open, i)
		s.acked++
		s.events += events
		s.changed.Broadcast()
		s.mu.Unlock()
	}
}

func (s *repeater) take() (int, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for !s.ended && (s.next >= s.leave || !s.log[s.next].mayLeave(s.open)) {
		s.changed.Wait()
	}
	if s.ended {
		return 0, false
	}
	i := s.next
	s.next++
	s.open[i] = true
	return i, true
}

// deliver asks until the answer is one for good, and returns how many events
// were answered for.
func (s *repeater) deliver(ctx context.Context, i int) (events int, ok bool) {
	a := &s.log[i]
	for try := 0; ; try++ {
		status, body, err := s.post(ctx, s.door(i, try), a)
		switch {
		case ctx.Err() != nil:
			return 0, false
		case err != nil && a.Status == http.StatusRequestEntityTooLarge: // the door may hang up on these
			return 0, true
		case err == nil && status == a.Status:
			return answeredFor(a, status, body), true
		case err == nil && status != http.StatusTooManyRequests && status < 500:
			s.t.Errorf("%s is answered %d, once it was %d: %.200s", a.Path, status, a.Status, body)
			return 0, true
		case s.tries > 0 && try+1 >= s.tries:
			s.t.Errorf("%s is not answered for good after %d tries: %d %v", a.Path, s.tries, status, err)
			return 0, true
		}
		s.mu.Lock()
		s.retries++
		s.mu.Unlock()
		pause := time.NewTimer(50 * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
		}
	}
}

func (s *repeater) post(ctx context.Context, door string, a *asked) (status int, body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, a.Method, door+a.Path, bytes.NewReader(a.Body))
	if err != nil {
		return 0, nil, err
	}
	for name, v := range a.Header {
		r.Header.Set(name, v)
	}
	answer, err := s.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer answer.Body.Close()
	body, err = io.ReadAll(answer.Body)
	return answer.StatusCode, body, err
}

// answeredFor counts the events that the door now answers for.
func answeredFor(a *asked, status int, body []byte) int {
	if status != http.StatusOK {
		return 0
	}
	if a.Path == "/coze" {
		return 1
	}
	var said struct {
		Accepted, Duplicate int
		Rejected            []json.RawMessage
	}
	if err := json.Unmarshal(body, &said); err != nil {
		panic(fmt.Sprintf("an answer of %s cannot be read: %s", a.Path, body))
	}
	return said.Accepted + said.Duplicate + len(said.Rejected)
}
