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
	Seed          uint64    `default:"1" help:"The same seed makes the same shops and the same delivery."`
	Conversations int       `default:"1000" help:"How many conversations."`
	Shops         int       `default:"5" help:"How many shops."`
	Noise         string    `default:"default" enum:"none,default,storm" help:"none, default or storm: duplicates, lateness, refused and conflicting events."`
	End           time.Time `help:"Last moment of the simulated period, RFC 3339 (default: now)." format:"2006-01-02T15:04:05Z07:00"`
	URL           string    `placeholder:"URL" help:"Where the webhook is (default: the running instance)."`
	Rate          float64   `help:"Requests per second (default: as fast as they are answered)."`
	Truth         string    `placeholder:"DIR" help:"Write what the reports must say into this directory."`
	Output        string    `placeholder:"FILE" help:"Write NDJSON for /v1/events instead of posting; - is standard output."`
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
	o := simulator.DefaultOptions(end)
	o.Seed, o.Conversations, o.Shops, o.Noise = s.Seed, s.Conversations, s.Shops, simulator.Noise(s.Noise)
	o.EventsOnly = s.Output != ""
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
