package simulator

import (
	"bufio"
	"context"
	"fmt"
	"io"

	"askbuy/internal/simulator/truth"
)

// Simulation is a made-up world and the plan of its delivery. Both are fixed
// when it is made: playing it changes nothing, so the truth can be written
// down first, and a simulation can be played once.
type Simulation struct {
	options Options
	world   *world
	plan    *plan
}

// New makes a simulation up. It reads no clock and posts nothing.
func New(o Options) (*Simulation, error) {
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	w, err := makeWorld(o, "")
	if err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	return &Simulation{o, w, deliver(o, w)}, nil
}

// Events is how many different events there are, faults apart.
func (s *Simulation) Events() int { return len(s.world.events) }

// Requests is how many requests Play makes when none has to be repeated.
func (s *Simulation) Requests() int { return len(s.plan.parcels) }

// Truth is what the reports must say once the simulation was played.
func (s *Simulation) Truth() *truth.Truth {
	t := s.world.truth(s.options)
	t.Letters = s.plan.letters
	t.Oracle = s.world.oracle(s.options)
	t.Trial = s.trial()
	for i := range t.Ledger {
		t.Ledger[i].Conflicts = s.plan.conflicts[t.Ledger[i].Topic]
	}
	return t
}

// Units makes a trial up in which all conversations begin while it runs, and
// says what its units did and nothing of the worlds that might have been: for
// whoever needs a thousand of them.
func Units(o Options) (*truth.Trial, error) {
	o.Start, o.span = o.End.Add(-trialRuns-trialMatures), trialRuns
	if err := o.Validate(); err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	w, err := makeWorld(o, "")
	if err != nil {
		return nil, fmt.Errorf("simulate: %w", err)
	}
	if w.trial == nil {
		return nil, fmt.Errorf("simulate: units are those of a trial: set one")
	}
	t := w.trial.truth()
	t.Play(truth.Derive(w.truth(o).Events, nil, nil))
	return t, nil
}

// trial is the experiment with the worlds that might have been; nil when there
// is none.
func (s *Simulation) trial() *truth.Trial {
	if s.world.trial == nil {
		return nil
	}
	t := s.world.trial.truth()
	for _, variant := range t.Variants {
		w, err := makeWorld(s.options, variant)
		if err != nil { // New has made one of the same options
			panic("simulator: " + err.Error())
		}
		t.Worlds[variant] = w.truth(s.options).Events
	}
	return t
}

// WriteTruth writes the truth into a directory.
func (s *Simulation) WriteTruth(dir string) error { return truth.Write(dir, s.Truth()) }

// Play posts the simulation to a door and counts what it answers. It is an
// at-least-once sender: it repeats what was not answered for good, for as
// long as the options' patience lasts. See Result.Err for wrong answers.
func (s *Simulation) Play(ctx context.Context, o PlayOptions) (*Result, error) {
	if !s.options.EventsOnly && o.CozeSecret == "" {
		return nil, fmt.Errorf("play: some messages go through /coze, whose secret is missing: set COZE_SECRET, or send all to /v1/events")
	}
	r, err := play(ctx, s.plan.parcels, o)
	if err != nil {
		return r, fmt.Errorf("play: %w", err)
	}
	return r, nil
}

// WriteNDJSON writes what Play would post as lines for /v1/events, in the
// order of delivery. Requests that the door refuses whole have no line. The
// options must say EventsOnly.
func (s *Simulation) WriteNDJSON(w io.Writer) error {
	if !s.options.EventsOnly {
		return fmt.Errorf("write events: some go through /coze: simulate with EventsOnly")
	}
	b := bufio.NewWriter(w)
	for _, p := range s.plan.parcels {
		for _, v := range p.load {
			b.Write(append(v.line(p.seed), '\n')) // Flush tells of errors
		}
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("write events: %w", err)
	}
	return nil
}
