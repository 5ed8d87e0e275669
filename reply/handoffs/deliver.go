package handoffs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/reply/conversation"
	"askbuy/schemas/event"
)

// Outbound is where packages are posted.
type Outbound struct {
	URL string
	// Sign puts the headers of a signed webhook (standardwebhooks.com) in.
	Sign    func(h http.Header, id string, at time.Time, body []byte)
	Client  *http.Client
	Timeout time.Duration // of one posting
	AtOnce  int
	// Others is after how long a package that is due is posted by replicas, too,
	// that do not look after its shopper: those who should may be gone, and the
	// group take its time to notice.
	Others time.Duration
	// Scan is how often at least and at most handoffs are looked through.
	ScanLeast, ScanMost time.Duration
	Dice                func() float64 // in [0, 1)
}

// DefaultOutbound posts four packages at a time.
func DefaultOutbound(url string) Outbound {
	return Outbound{
		URL: url, Timeout: 10 * time.Second, AtOnce: 4, Others: 30 * time.Second, ScanLeast: time.Second, ScanMost: 50 * time.Millisecond,
		// A redirect is no answer: what was signed for one receiver is not another's.
		Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
		Dice:   func() float64 { return 0.5 },
	}
}

// Deliverer posts the packages of the shoppers whom this replica looks after,
// and those that their own replica leaves lying.
type Deliverer struct {
	desk *Desk
	Outbound

	mu    sync.Mutex
	tried map[string]trial // by handoff, until the log has it
}

// trial is what this process did about a handoff.
type trial struct {
	busy     bool
	over     bool // delivered or given up
	attempts int64
	at       int64 // of the last, ms
	dice     float64
}

// Deliverer makes one; nothing is posted until Run.
func (d *Desk) Deliverer(o Outbound) (*Deliverer, error) {
	if o.Sign == nil || o.Client == nil || o.Timeout <= 0 || o.AtOnce < 1 || o.Others <= 0 || o.ScanLeast <= 0 || o.ScanMost <= 0 || o.Dice == nil {
		return nil, errors.New("handoffs.webhook: sign, client, timeout, at_once, scan and dice must be given")
	}
	return &Deliverer{desk: d, Outbound: o, tried: map[string]trial{}}, nil
}

// job is a package that is due.
type job struct {
	shopper event.Shopper
	pkg     Package
	attempt int64
	giveUp  bool
}

// Run posts until ctx ends, which is no error.
func (d *Deliverer) Run(ctx context.Context) error {
	var posts sync.WaitGroup
	defer posts.Wait()
	free := make(chan struct{}, d.AtOnce)
	for ctx.Err() == nil {
		changed := d.desk.Book.Changed()
		for _, j := range d.due() {
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				return nil
			}
			posts.Go(func() {
				defer func() { <-free }()
				d.do(ctx, j)
			})
		}
		d.rest(ctx, changed)
	}
	return nil
}

// rest waits for a change, but not only: what failed is due by time.
func (d *Deliverer) rest(ctx context.Context, changed <-chan struct{}) {
	most, least := time.NewTimer(d.ScanMost), time.NewTimer(d.ScanLeast)
	defer most.Stop()
	defer least.Stop()
	select {
	case <-most.C:
	case <-ctx.Done():
		return
	}
	select {
	case <-changed:
	case <-least.C:
	case <-ctx.Done():
	}
}

// due lists what is to be posted now, the most pressing first, and takes it:
// at most as many as are posted at once, so that an angry shopper who comes
// later does not wait for all who came before.
func (d *Deliverer) due() []job {
	if !d.desk.Book.Ready() {
		return nil
	}
	now := d.desk.Now().UnixMilli()
	var jobs []job
	seen := map[string]bool{}
	d.desk.Book.Handed(func(s event.Shopper, state *conversation.State) {
		for i := range state.Handoffs {
			if h := &state.Handoffs[i]; h.Undelivered() {
				seen[h.ID] = true
				if j, ok := d.job(s, state, h, now); ok {
					jobs = append(jobs, j)
				}
			}
		}
	})
	slices.SortFunc(jobs, func(a, b job) int {
		return cmp.Or(cmp.Compare(pressing(a.pkg.Reason), pressing(b.pkg.Reason)), cmp.Compare(a.pkg.RequestedAt, b.pkg.RequestedAt), cmp.Compare(a.pkg.HandoffID, b.pkg.HandoffID))
	})
	jobs = jobs[:min(len(jobs), d.AtOnce)]
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, j := range jobs {
		t := d.tried[j.pkg.HandoffID]
		t.busy = true
		d.tried[j.pkg.HandoffID] = t
	}
	for id, t := range d.tried {
		if !seen[id] && !t.busy {
			delete(d.tried, id)
		}
	}
	return jobs
}

func (d *Deliverer) job(s event.Shopper, state *conversation.State, h *conversation.Handoff, now int64) (job, bool) {
	d.mu.Lock()
	t := d.tried[h.ID]
	d.mu.Unlock()
	if t.busy || t.over {
		return job{}, false
	}
	attempts, due := max(h.Attempts, t.attempts), h.RequestedAt
	if attempts > 0 {
		due = max(h.AttemptAt, t.at) + pauseAfter(attempts, t.dice).Milliseconds()
	}
	if !d.desk.Book.Owns(s) {
		due += d.Others.Milliseconds()
	}
	if now < due {
		return job{}, false
	}
	return job{s, packageOf(s, state, h), attempts + 1, now-h.RequestedAt > giveUpAfter.Milliseconds()}, true
}

// do posts a package and records what came of it. Who is killed in between
// posts it again, under the same id.
func (d *Deliverer) do(ctx context.Context, j job) {
	step := event.Handoff{ID: j.pkg.HandoffID, Step: event.HandoffAbandoned, Detail: "no posting was taken in 76 hours"}
	outcome := postAbandoned
	if !j.giveUp {
		step, outcome = d.post(ctx, j)
		if ctx.Err() != nil && outcome == postFailed {
			return // the stop made it fail: it is no attempt
		}
	}
	d.desk.metrics.posts.WithLabelValues(outcome).Inc()
	record := d.desk.step(j.shopper, j.pkg.ConvID, j.pkg.Test, step)
	record.ID = fmt.Sprint(step.ID, ":", step.Step, ":", j.attempt, ":", record.TS)
	d.settle(j, step, record.TS)
	d.record(ctx, record)
}

func (d *Deliverer) settle(j job, step event.Handoff, at int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.tried[j.pkg.HandoffID] = trial{over: step.Step != event.HandoffAttempted, attempts: j.attempt, at: at, dice: d.Dice()}
}

// record repeats until it is durable: while nothing can be recorded, this
// process remembers.
func (d *Deliverer) record(ctx context.Context, e event.Event) {
	for {
		err := d.desk.Record(time.Now().Add(within), e)
		if err == nil {
			return
		}
		d.desk.Log.Warn("what came of posting a handoff is not recorded yet; it is tried again", "handoff", e.Handoff.ID, "error", err)
		timer := time.NewTimer(d.ScanLeast)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// webhookType is what the receiver reads.
const webhookType = "handoff.requested"

func (d *Deliverer) post(ctx context.Context, j job) (event.Handoff, string) {
	step := event.Handoff{ID: j.pkg.HandoffID, Step: event.HandoffAttempted, Attempt: j.attempt}
	ctx, cancel := context.WithTimeout(ctx, d.Timeout)
	defer cancel()
	status, err := d.send(ctx, j)
	switch {
	case err != nil:
		step.Detail = why(err)
		return step, postFailed
	case status == http.StatusGone:
		step.Step, step.Detail = event.HandoffAbandoned, "answered 410 Gone"
		return step, postAbandoned
	case status < 200 || status > 299:
		step.Detail = fmt.Sprint("answered ", status)
		return step, postRefused
	}
	step.Step = event.HandoffDelivered
	return step, postDelivered
}

// why is an error without the address, which may have a secret in it.
func why(err error) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return "no answer in time"
	}
	var network interface{ Unwrap() error }
	for errors.As(err, &network) && network.Unwrap() != nil {
		err = network.Unwrap()
	}
	text := err.Error()
	return strings.ToValidUTF8(text[:min(len(text), maxID)], "")
}

func (d *Deliverer) send(ctx context.Context, j job) (status int, err error) {
	at := d.desk.Now()
	body, err := json.Marshal(struct {
		Type      string    `json:"type"`
		Timestamp time.Time `json:"timestamp"`
		Data      Package   `json:"data"`
	}{webhookType, at.UTC(), j.pkg})
	if err != nil {
		return 0, fmt.Errorf("encode package: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL, strings.NewReader(string(body)))
	if err != nil {
		return 0, err
	}
	request.Header.Set("Content-Type", "application/json")
	d.Sign(request.Header, j.pkg.HandoffID, at, body)
	response, err := d.Client.Do(request)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, maxBody)) // so that the connection is used again
	return response.StatusCode, response.Body.Close()
}
