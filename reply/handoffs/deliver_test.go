package handoffs

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/internal/kafka/kafkatest"
	"askbuy/models/intent"
	"askbuy/reply/conversation"
	"askbuy/schemas/event"
)

// receiver is the shop's: it answers as it is told and keeps what it took.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	seen   []string // users, in the order of the postings
	signed map[string]bool
}

func newReceiver(t *testing.T, status int) *receiver {
	r := &receiver{status: status, signed: map[string]bool{}}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		raw, err := io.ReadAll(req.Body)
		var body struct {
			Type string  `json:"type"`
			Data Package `json:"data"`
		}
		if err == nil {
			err = json.Unmarshal(raw, &body)
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if err != nil || body.Type != webhookType || req.Header.Get("Webhook-Id") != body.Data.HandoffID || req.Header.Get("Webhook-Signature") != fmt.Sprint(len(raw)) {
			t.Errorf("%v: %s with %v", err, raw, req.Header)
		}
		r.seen = append(r.seen, body.Data.UserID)
		w.WriteHeader(r.status)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) postings() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.seen)
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// deliver runs a deliverer until stop, or the end of the test.
func (p *replica) deliver(to *receiver, change func(*Outbound)) (stop func()) {
	p.Helper()
	o := DefaultOutbound(to.URL)
	o.ScanLeast, o.ScanMost, o.AtOnce = 20*time.Millisecond, time.Millisecond, 1
	o.Sign = func(h http.Header, id string, _ time.Time, body []byte) {
		h.Set("Webhook-Id", id)
		h.Set("Webhook-Signature", fmt.Sprint(len(body)))
	}
	if change != nil {
		change(&o)
	}
	d, err := p.desk.Deliverer(o)
	if err != nil {
		p.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			p.Error(err)
		}
		o.Client.CloseIdleConnections()
	})
	p.Cleanup(stop)
	return stop
}

func (p *replica) handoff() conversation.Handoff {
	s := p.book.State(shopper)
	if len(s.Handoffs) != 1 {
		p.Fatalf("handoffs %+v", s.Handoffs)
	}
	return s.Handoffs[0]
}

func TestAPackageIsPostedUntilItIsTaken(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	to := newReceiver(t, http.StatusBadGateway)
	stop := a.deliver(to, nil)
	r.publish(a.call(shopper, "c", "q", "转人工", intent.Scored{}))
	a.sees("a posting in vain", func(s *conversation.State) bool { return len(s.Handoffs) == 1 && s.Handoffs[0].Attempts == 1 })
	r.now.Add(int64(6 * time.Second)) // the first pause
	a.sees("another", func(s *conversation.State) bool { return s.Handoffs[0].Attempts == 2 })
	stop() // who comes next knows of both from the log
	a.stop()
	b := r.open()
	b.deliver(to, nil)
	to.answer(http.StatusNoContent)
	r.now.Add(int64(40 * time.Second))
	b.sees("the delivery", func(s *conversation.State) bool { return s.Handoffs[0].DeliveredAt != 0 })
	if h := b.handoff(); h.Attempts != 3 || h.Undelivered() {
		t.Errorf("%+v", h)
	}
	if n := len(to.postings()); n != 3 {
		t.Errorf("%d postings", n)
	}
}

func TestOneReplicaPosts(t *testing.T) {
	r := newRig(t, 2)
	a, b := r.open(), r.open()
	kafkatest.Members(t, r.kafka, conversation.Group, 2)
	to := newReceiver(t, http.StatusOK)
	a.deliver(to, nil)
	b.deliver(to, nil)
	const n = 20
	for i := range n {
		r.publish(a.call(event.Shopper{ShopID: "s", UserID: fmt.Sprint("u", i)}, "c", "q", "转人工", intent.Scored{}))
	}
	kafkatest.Await(t, "the deliveries", func(context.Context) (bool, error) {
		done := 0
		a.book.Handed(func(_ event.Shopper, s *conversation.State) {
			if s.Handoffs[0].DeliveredAt != 0 {
				done++
			}
		})
		return done == n, nil
	})
	seen := to.postings()
	slices.Sort(seen)
	if once := slices.Compact(slices.Clone(seen)); len(once) != n || len(seen) != n {
		t.Errorf("%d postings for %d of %d shoppers", len(seen), len(once), n)
	}
}

func TestTheAngryAreToldOfFirst(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	to := newReceiver(t, http.StatusOK)
	for _, who := range []string{"calm1", "calm2", "angry"} {
		scored := intent.Scored{}
		if who == "angry" {
			scored.Sentiment = intent.Angry
		}
		r.publish(a.call(event.Shopper{ShopID: "s", UserID: who}, "c", "q", "转人工", scored))
		r.now.Add(int64(time.Millisecond))
	}
	kafkatest.Committed(t, r.kafka, conversation.Group, event.TopicHandoffs, 3)
	a.deliver(to, nil)
	kafkatest.Await(t, "the postings", func(context.Context) (bool, error) { return len(to.postings()) == 3, nil })
	if seen := to.postings(); !slices.Equal(seen, []string{"angry", "calm1", "calm2"}) {
		t.Errorf("posted %v", seen)
	}
}

func TestAPackageIsGivenUp(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	gone := event.Shopper{ShopID: "s", UserID: "gone"}
	to := newReceiver(t, http.StatusGone)
	a.deliver(to, nil)
	r.publish(a.call(gone, "c", "q", "转人工", intent.Scored{}))
	given := func(s event.Shopper) {
		t.Helper()
		kafkatest.Await(t, "the end", func(context.Context) (bool, error) {
			state := a.book.State(s)
			return len(state.Handoffs) == 1 && state.Handoffs[0].AbandonedAt != 0, nil
		})
	}
	given(gone)
	to.answer(http.StatusInternalServerError)
	r.publish(a.call(shopper, "c", "q", "转人工", intent.Scored{}))
	a.sees("a posting in vain", func(s *conversation.State) bool { return len(s.Handoffs) == 1 && s.Handoffs[0].Attempts == 1 })
	r.now.Add(int64(giveUpAfter + time.Second))
	given(shopper)
	if n := len(to.postings()); n != 2 {
		t.Errorf("%d postings", n)
	}
}

// While nothing can be recorded the process remembers what it did.
func TestAPostingThatCannotBeRecordedIsNotRepeated(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	to := newReceiver(t, http.StatusOK)
	r.publish(a.call(shopper, "c", "q", "转人工", intent.Scored{}))
	a.sees("the call", func(s *conversation.State) bool { return len(s.Handoffs) == 1 })
	r.refuse.Store(true)
	a.deliver(to, nil)
	kafkatest.Await(t, "the posting", func(context.Context) (bool, error) { return len(to.postings()) == 1, nil })
	r.now.Add(int64(time.Hour))
	r.refuse.Store(false)
	a.sees("the record", func(s *conversation.State) bool { return s.Handoffs[0].DeliveredAt != 0 })
	if n := len(to.postings()); n != 1 {
		t.Errorf("%d postings", n)
	}
}

// orphaned is the book of a replica that looks after nobody.
type orphaned struct{ *conversation.Book }

func (orphaned) Owns(event.Shopper) bool { return false }

// What the replica that should post leaves lying, another one posts.
func TestWhatNobodyLooksAfterIsPostedAllTheSame(t *testing.T) {
	r := newRig(t, 1)
	a := r.open()
	a.desk.Book = orphaned{a.book}
	to := newReceiver(t, http.StatusOK)
	stop := a.deliver(to, nil)
	r.publish(a.call(shopper, "c", "q", "转人工", intent.Scored{}))
	a.sees("the call", func(s *conversation.State) bool { return len(s.Handoffs) == 1 })
	stop()
	if n := len(to.postings()); n != 0 {
		t.Errorf("%d postings at once", n)
	}
	r.now.Add(int64(31 * time.Second))
	a.deliver(to, nil)
	a.sees("the delivery", func(s *conversation.State) bool { return s.Handoffs[0].DeliveredAt != 0 })
}
