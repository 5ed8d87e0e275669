package simulator

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"askbuy/internal/experiment"
)

// SampleOptions say what the sample shops are and where they are played. The
// zero value of all but Play's address and secrets will do.
type SampleOptions struct {
	Play     PlayOptions // Rate is not heeded: the past goes at once, the rest when it happens
	Seed     uint64
	ShopIDs  []string         // none: default and outlet
	Days     int              // of the past; 0 is 14
	PerDay   int              // conversations a day, all shops together; 0 is 160
	Backfill func(events int) // called once, when the past is told; nil: nobody asks
	// Experiment runs in the shops; SampleFile makes one. nil: exposures are told
	// that mean nothing.
	Experiment *experiment.Experiment
}

// SampleExperiment is the key of the experiment that the sample shops run, and
// sampleEffect what its treatment adds to the log odds of an order.
const (
	SampleExperiment = "greeting"
	sampleEffect     = 0.6
)

// SampleFile is the file of that experiment for shops whose past begins days
// before now: it began with them, and goes on for as long again.
func SampleFile(now time.Time) []byte {
	start := now.UTC().Truncate(day).Add(-trialRuns)
	return fmt.Appendf(nil, `experiment: %s
hypothesis: a greeting with the running promotion brings more orders
owner: sample
start: %s
planned_end: %s
shops: [all]
assignment: askbuy
variants: [{name: %s, weight: 0.5, control: true}, {name: %s, weight: 0.5}]
metrics:
  - {metric: conversation_to_order, role: success}
  - {metric: revenue_per_user, role: success}
  - {metric: refund_rate, role: guardrail, nim: 0.05}
  - {metric: add_to_cart, role: diagnostic}
`, SampleExperiment, start.Format(time.RFC3339), start.Add(2*trialRuns).Format(time.RFC3339), control, treatment)
}

func (o SampleOptions) withDefaults() SampleOptions {
	o.Play = o.Play.withDefaults()
	o.Seed = cmp.Or(o.Seed, 1)
	o.Days, o.PerDay = cmp.Or(o.Days, 14), cmp.Or(o.PerDay, 160)
	if len(o.ShopIDs) == 0 {
		o.ShopIDs = []string{"default", "outlet"}
	}
	return o
}

// liveSlice is how far the live part looks ahead: what happens within it is
// told together.
const liveSlice = 2 * time.Second

// Sample plays shops as one would show them, without noise or traps: the past
// days at once, then every event when its time comes, until ctx is done. It
// returns nil then, and an error when the door does not take an event within
// the options' patience.
//
// A day is made up from the seed and its date alone, under ids of its own. To
// play it again, after a restart, tells the same events: duplicates.
func Sample(ctx context.Context, o SampleOptions) error {
	o = o.withDefaults()
	s := &sampler{SampleOptions: o}
	now := o.Play.Now()
	today := now.UTC().Truncate(24 * time.Hour)
	for day := -o.Days; day <= 0; day++ {
		if err := s.makeUp(today.AddDate(0, 0, day)); err != nil {
			return err
		}
	}
	past := s.before(now)
	if err := s.tell(ctx, past); err != nil {
		return quiet(ctx, err)
	}
	if o.Backfill != nil {
		o.Backfill(len(past))
	}
	s.Play.Progress = nil
	return quiet(ctx, s.live(ctx, today))
}

// quiet takes being told to stop for no error.
func quiet(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return nil
	}
	return fmt.Errorf("play sample shop: %w", err)
}

// sampler holds what is still to be told, in the order of time.
type sampler struct {
	SampleOptions
	due []told
}

// live tells every event when its time comes, and makes up each new day as it
// begins.
func (s *sampler) live(ctx context.Context, today time.Time) error {
	for {
		now := s.Play.Now()
		for next := today.AddDate(0, 0, 1); !next.After(now); next = today.AddDate(0, 0, 1) {
			if err := s.makeUp(next); err != nil {
				return err
			}
			today = next
		}
		if err := s.tell(ctx, s.before(now)); err != nil {
			return err
		}
		if err := s.Play.Sleep(ctx, liveSlice); err != nil {
			return err
		}
	}
}

// makeUp adds a day: its conversations, and what comes of them within a month.
func (s *sampler) makeUp(day time.Time) error {
	o := Options{
		Seed: s.Seed, Conversations: s.PerDay, ShopIDs: s.ShopIDs, Noise: NoiseNone, Plain: true,
		Label: strconv.FormatInt(day.Unix()/86400, 10) + "-", Start: day, End: day.AddDate(0, 1, 0), span: 24 * time.Hour}
	if e := s.Experiment; e != nil {
		o.given = &running{Trial: Trial{Key: e.Key, Effect: sampleEffect}, of: []experiment.Experiment{*e}, seed: s.Seed}
	}
	if err := o.Validate(); err != nil {
		return fmt.Errorf("sample shop: %w", err)
	}
	w, err := makeWorld(o, "")
	if err != nil {
		return fmt.Errorf("sample shop: %w", err)
	}
	s.due = append(s.due, w.events...)
	slices.SortStableFunc(s.due, func(a, b told) int { return cmp.Compare(a.TS, b.TS) })
	return nil
}

// before takes out what has happened by now.
func (s *sampler) before(now time.Time) []told {
	n, _ := slices.BinarySearchFunc(s.due, now.UnixMilli()+1, func(e told, at int64) int { return cmp.Compare(e.TS, at) })
	past := s.due[:n:n]
	s.due = s.due[n:]
	return past
}

func (s *sampler) tell(ctx context.Context, events []told) error {
	if len(events) == 0 {
		return nil
	}
	if s.Play.CozeSecret == "" {
		for i := range events {
			events[i].coze, events[i].anonymous = false, false
		}
	}
	p := deliver(Options{Seed: s.Seed, Noise: NoiseNone}, &world{events: events})
	r, err := play(ctx, p.parcels, s.Play)
	if err != nil {
		return err
	}
	return r.Err()
}
