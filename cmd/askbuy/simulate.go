package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"askbuy/internal/simulator"
	"askbuy/pipeline"
)

type simulateCommand struct {
	Seed          uint64    `default:"1" help:"The same seed and the same --end make the same shops and the same delivery. One that was played to an instance before conflicts with itself there, unless --end is the same."`
	Conversations int       `default:"1000" help:"How many conversations."`
	Shops         int       `default:"5" help:"How many shops."`
	Noise         string    `default:"default" enum:"none,default,storm" help:"none, default or storm: duplicates, lateness, refused and conflicting events."`
	End           time.Time `help:"Last moment of the simulated period, RFC 3339 (default: now)." format:"2006-01-02T15:04:05Z07:00"`
	URL           string    `placeholder:"URL" help:"Where the webhook is (default: the running instance)."`
	Rate          float64   `help:"Requests per second (default: as fast as they are answered)."`
	Truth         string    `placeholder:"DIR" help:"Write what the reports must say into this directory."`
	Plain         bool      `help:"No traps: only what shops see every day. The oracle's forecasts are exact then."`
	HeavyShoppers bool      `help:"Some shoppers come back again and again, and differ more from each other."`
	Output        string    `placeholder:"FILE" help:"Write NDJSON for /v1/events instead of posting; - is standard output."`

	Experiment     string  `group:"Experiment" placeholder:"KEY" help:"Run an experiment of this key for two weeks, with variants control and treatment by askbuy's own hash. Its file and what every shopper does under both variants are written beside the truth. Without the options below it is an A/A."`
	TreatmentShare float64 `group:"Experiment" default:"0.5" help:"Share of the shoppers who get the treatment."`
	Effect         float64 `group:"Experiment" help:"Log odds of an order that the treatment adds."`
	MoreReturns    float64 `group:"Experiment" help:"What the treatment adds to the probability that an order is cancelled or refunded whole."`
	DropExposures  float64 `group:"Experiment" help:"Share of treated shoppers whose exposures are lost: the sample ratio is off."`
	Contaminate    float64 `group:"Experiment" help:"Share of shoppers who are exposed to both variants."`

	SlangDay int     `group:"Drift" placeholder:"DAY" help:"From this day of the period on shoppers use new words."`
	ShiftDay int     `group:"Drift" placeholder:"DAY" help:"From this day of the period on orders are more or less likely."`
	Shift    float64 `group:"Drift" default:"1" help:"Log odds of an order that come with --shift-day."`
}

// options turns the flags into a simulation's.
func (s simulateCommand) options(end time.Time) (simulator.Options, error) {
	o := simulator.DefaultOptions(end)
	o.Seed, o.Conversations, o.Shops, o.Noise = s.Seed, s.Conversations, s.Shops, simulator.Noise(s.Noise)
	o.EventsOnly, o.Plain, o.Heavy = s.Output != "", s.Plain, s.HeavyShoppers
	o.Drift = simulator.Drift{SlangDay: s.SlangDay, ShiftDay: s.ShiftDay, Shift: s.Shift}
	t := simulator.Trial{Key: s.Experiment, Share: s.TreatmentShare, Effect: s.Effect,
		Returns: s.MoreReturns, Dropped: s.DropExposures, Contaminated: s.Contaminate}
	switch none := (simulator.Trial{Share: t.Share}); {
	case s.Experiment != "" && s.Truth == "":
		return o, errors.New("--experiment: its file is written beside the truth: set --truth DIR as well")
	case s.Experiment != "":
		o.Trial = &t
	case t != none:
		return o, errors.New("--effect, --more-returns, --drop-exposures, --contaminate: there is no experiment: set --experiment KEY as well")
	}
	return o, nil
}

func (s simulateCommand) Run(a *app) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	end := s.End
	if end.IsZero() {
		end = time.Now().Add(-time.Minute) // what is made up has happened
	}
	o, err := s.options(end)
	if err != nil {
		return err
	}
	simulation, err := simulator.New(o)
	if err != nil {
		return err
	}
	if s.Truth != "" {
		if err := simulation.WriteTruth(s.Truth); err != nil {
			return fmt.Errorf("--truth: %w", err)
		}
	}
	if s.Output != "" {
		return s.write(a, simulation)
	}
	play, err := playOptions(c, s.URL)
	if err != nil {
		return err
	}
	if err := reach(a.ctx, play.URL); err != nil {
		return err
	}
	play.Rate, play.Progress, play.Terminal = s.Rate, a.stderr, isTerminal(a.stderr)
	result, err := simulation.Play(a.ctx, play)
	if err != nil {
		return no(err)
	}
	fmt.Fprintf(a.stdout, "%d requests answered for good, %d repeated; %d events accepted, %d recognised as duplicates, %v rejected\n",
		result.Requests, result.Retries, result.Accepted, result.Duplicate, result.Rejected)
	if err := result.Err(); err != nil {
		return no(err)
	}
	if s.Truth != "" {
		fmt.Fprintf(a.stdout, "the truth is in %s; compare with: %s verify --truth %s%s\n", s.Truth, program(), s.Truth, dataDirFlag(c))
	}
	return nil
}

func (s simulateCommand) write(a *app, simulation *simulator.Simulation) error {
	if s.Output == "-" {
		return simulation.WriteNDJSON(a.stdout)
	}
	f, err := os.Create(s.Output)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	w := bufio.NewWriter(f)
	return errors.Join(simulation.WriteNDJSON(w), w.Flush(), f.Close())
}

// reach sees that somebody is behind the door before a simulation begins, which
// would wait long for a door that is only away for a moment.
func reach(ctx context.Context, door string) error {
	at, err := url.Parse(door)
	if err != nil || at.Host == "" {
		return fmt.Errorf("--url: want http://host:port, have %q", door)
	}
	host := at.Host
	if at.Port() == "" {
		host = net.JoinHostPort(at.Hostname(), at.Scheme) // its default port has the scheme's name
	}
	dialer := net.Dialer{Timeout: 5 * time.Second}
	conn, err := dialer.DialContext(ctx, "tcp", host)
	if err != nil {
		return fmt.Errorf("--url: nobody answers at %s: %w; see that `askbuy run` is up there", door, err)
	}
	return conn.Close()
}

// playOptions are for the given door, or the running instance's.
func playOptions(c pipeline.Config, door string) (simulator.PlayOptions, error) {
	o := simulator.PlayOptions{URL: door, APIKey: c.APIKey, CozeSecret: c.CozeSecret}
	if door == "" {
		at, err := pipeline.ReadEndpoints(c.DataDir)
		if err != nil {
			return o, err
		}
		o.URL = at.HTTP
	}
	for _, s := range []struct {
		name string
		into *string
	}{{"api_key", &o.APIKey}, {"coze_secret", &o.CozeSecret}} {
		if *s.into != "" {
			continue
		}
		value, err := pipeline.Secret(c.DataDir, s.name)
		if err != nil {
			return o, fmt.Errorf("%w: name the instance's directory with --data-dir, or set the secret", err)
		}
		*s.into = value
	}
	return o, nil
}
