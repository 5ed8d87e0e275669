package simulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"askbuy/internal/wait"
)

// PlayOptions say where a simulation is played.
type PlayOptions struct {
	URL        string // of the public door, without a path
	APIKey     string // of /v1/events, for all shops
	CozeSecret string // of /coze
	Rate       float64
	Workers    int           // requests at once; 0 is 8
	Patience   time.Duration // how long one request is tried again; 0 is two minutes
	Progress   io.Writer     // nil: none
	Terminal   bool          // Progress is a terminal: one line, written over
	Client     *http.Client  // nil: one of its own

	Now   func() time.Time                           // nil: the wall clock
	Sleep func(context.Context, time.Duration) error // nil: really
}

func (o PlayOptions) withDefaults() PlayOptions {
	o.URL = strings.TrimRight(o.URL, "/")
	if o.Workers == 0 {
		o.Workers = 8
	}
	if o.Patience == 0 {
		o.Patience = 2 * time.Minute
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: o.Workers}}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Sleep == nil {
		o.Sleep = wait.For
	}
	if o.Progress == nil {
		o.Progress = io.Discard
	}
	return o
}

// validate reports every problem at once.
func (o *PlayOptions) validate() error {
	var errs []error
	if !strings.HasPrefix(o.URL, "http://") && !strings.HasPrefix(o.URL, "https://") {
		errs = append(errs, fmt.Errorf("url: want http://host:port, have %q", o.URL))
	}
	if o.APIKey == "" {
		errs = append(errs, errors.New("API key: want the one of /v1/events (ASKBUY_API_KEY, or api_key in the data directory)"))
	}
	if o.Rate < 0 {
		errs = append(errs, fmt.Errorf("rate: want events per second, or 0 for as fast as the door answers, have %g", o.Rate))
	}
	return errors.Join(errs...)
}

// player posts parcels.
type player struct {
	PlayOptions
	keys    keys
	parcels []*parcel
	next    atomic.Int64 // index of the parcel to leave next
	pace    pace
	tally   tally
	bar     *progress
}

// play posts every parcel until it is answered for good. Parcels leave in
// order, Workers at a time; an error means that some could not be delivered.
func play(ctx context.Context, parcels []*parcel, o PlayOptions) (*Result, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	p := &player{PlayOptions: o, keys: keys{o.APIKey, o.CozeSecret}, parcels: parcels,
		pace: pace{rate: o.Rate, start: o.Now()}, bar: newProgress(o.Progress, o.Terminal, len(parcels))}
	group, ctx := errgroup.WithContext(ctx)
	for range o.Workers {
		group.Go(func() error { return p.work(ctx) })
	}
	err := group.Wait()
	p.bar.finish()
	return p.tally.result(), err
}

func (p *player) work(ctx context.Context) error {
	for {
		i := int(p.next.Add(1)) - 1
		if i >= len(p.parcels) {
			return nil
		}
		// What a parcel waits for has a lesser index, so somebody holds it
		// already: no circle of waiting can close.
		for _, before := range p.parcels[i].waitsFor() {
			select {
			case <-before.acked:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		if wait := p.pace.next(len(p.parcels[i].load), p.Now()); wait > 0 {
			if err := p.Sleep(ctx, wait); err != nil {
				return err
			}
		}
		if err := p.deliver(ctx, p.parcels[i]); err != nil {
			return err
		}
		close(p.parcels[i].acked)
		p.bar.step()
	}
}

// deliver sends a parcel until the door has answered: an at-least-once sender
// that rides out a door that is away, overloaded or starting again.
func (p *player) deliver(ctx context.Context, parcel *parcel) error {
	body := parcel.body()
	giveUp := p.Now().Add(p.Patience)
	for pause := 50 * time.Millisecond; ; pause = min(2*pause, 2*time.Second) {
		status, answer, err := p.post(ctx, parcel, body)
		if err != nil && parcel.want.hangUp && ctx.Err() == nil {
			p.tally.hungUp()
			return nil
		}
		if err == nil && !passing(status) {
			return p.tally.judge(parcel, status, answer)
		}
		if err == nil {
			err = fmt.Errorf("the door answers %d", status)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if p.Now().After(giveUp) {
			return fmt.Errorf("post %s: given up after %s: %w", p.URL+parcel.path, p.Patience, err)
		}
		p.tally.retried()
		if err := p.Sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// passing reports a status after which a sender tries again.
func passing(status int) bool { return status == http.StatusTooManyRequests || status >= 500 }

func (p *player) post(ctx context.Context, parcel *parcel, body []byte) (int, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+parcel.path, bytes.NewReader(body))
	if err != nil {
		return 0, nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if parcel.ndjson {
		req.Header.Set("Content-Type", "application/x-ndjson")
	}
	if parcel.zipped {
		req.Header.Set("Content-Encoding", "gzip")
	}
	if a := p.keys.authorization(parcel, p.Now()); a != "" {
		req.Header.Set("Authorization", a)
	}
	resp, err := p.Client.Do(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 16<<20))
	return resp.StatusCode, answer, err
}

// pace spreads events evenly over time.
type pace struct {
	rate  float64 // events per second; 0 does not hold back
	mu    sync.Mutex
	start time.Time
	sent  float64
}

// next is how long to wait before n more events may leave.
func (p *pace) next(n int, now time.Time) time.Duration {
	if p.rate == 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	due := p.start.Add(time.Duration(p.sent / p.rate * float64(time.Second)))
	p.sent += float64(n)
	return due.Sub(now)
}
