package main

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/pipeline"
	"askbuy/report"
)

type deadlettersCommand struct {
	List    lettersList    `cmd:"" help:"List what was set aside, counts by reason first, then the newest letters."`
	Show    lettersShow    `cmd:"" help:"Show one letter with the bytes as they were received."`
	Requeue lettersRequeue `cmd:"" help:"Send what was set aside through the door again, or a fixed file in its place."`
	Spool   lettersSpool   `cmd:"" help:"List the letters that the broker refuses as well and that are on the door's disk alone, or send them again."`
}

// lettersFilter narrows the letters.
type lettersFilter struct {
	Stage  string `default:"" enum:",ingest,process,sink" placeholder:"STAGE" help:"One stage: ingest (the door), process or sink."`
	Reason string `default:"" enum:",malformed,unknown_type,missing_field,bad_field,future_ts,forbidden_shop,conflict,undecodable,refused_row" placeholder:"REASON" help:"One reason: malformed, unknown_type, missing_field, bad_field, future_ts, forbidden_shop, conflict, undecodable or refused_row."`
	Source string `placeholder:"SOURCE" help:"One door: events, coze, or the name of a hook's source."`
	Shop   string `placeholder:"SHOP" help:"One shop."`
	Since  string `placeholder:"TIME" help:"First received at this time or later: 2006-01-02, 2006-01-02T15:04:05+08:00, or how long ago (90m, 24h). A day begins at 00:00 UTC."`
	Until  string `placeholder:"TIME" help:"First received before this time."`
}

func (f lettersFilter) filter(limit int, now time.Time) (report.LetterFilter, error) {
	out := report.LetterFilter{Stage: f.Stage, Reason: f.Reason, Source: f.Source, Shop: f.Shop, Limit: limit}
	since, errSince := moment("--since", f.Since, now)
	until, errUntil := moment("--until", f.Until, now)
	out.Since, out.Until = since, until
	if err := errors.Join(errSince, errUntil); err != nil {
		return out, err
	}
	if !until.IsZero() && !since.Before(until) {
		return out, errors.New("--until: must be later than --since")
	}
	if limit < 1 {
		return out, fmt.Errorf("--limit: %d is less than 1: say how many letters", limit)
	}
	return out, nil
}

// narrows reports whether any field was given.
func (f lettersFilter) narrows() bool { return f != lettersFilter{} }

// moment reads a time as an operator writes it; none is the zero time.
func moment(flag, value string, now time.Time) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	if ago, err := time.ParseDuration(value); err == nil && ago >= 0 {
		return now.Add(-ago), nil
	}
	if ms, err := strconv.ParseInt(value, 10, 64); err == nil {
		return time.UnixMilli(ms), nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, value); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%s: %q is no time: write 2006-01-02, 2006-01-02T15:04:05+08:00, ms since the epoch, or how long ago, like 24h", flag, value)
}

type lettersList struct {
	lettersFilter
	Limit int `default:"100" help:"At most so many letters, the newest first."`
	output
}

func (l lettersList) Run(a *app) error {
	filter, err := l.filter(l.Limit, time.Now())
	if err != nil {
		return err
	}
	return withWarehouse(a, func(db *clickhouse.DB) error {
		letters, err := report.DeadLetters(a.ctx, db, filter)
		if err != nil {
			return err
		}
		return report.Write(a.stdout, letters, report.Format(l.Format), report.Lang(l.Lang))
	})
}

// withLetters opens the warehouse and the broker for one command.
func withLetters(a *app, f func(pipeline.Config, *clickhouse.DB, *pipeline.Letters) error) error {
	c, err := a.config()
	if err != nil {
		return err
	}
	return withWarehouse(a, func(db *clickhouse.DB) error {
		letters, err := pipeline.OpenLetters(a.ctx, c, db)
		if err != nil {
			return err
		}
		return f(c, db, letters)
	})
}

// scanned tells a person how far a search through the dead letters is.
func (a *app) scanned() func(done, of int64) {
	const every = 10_000 // records
	return func(done, of int64) {
		if isTerminal(a.stderr) && (done%every == 0 || done == of) {
			fmt.Fprintf(a.stderr, "\rlooked through %d of %d dead letters", done, of)
			if done == of {
				fmt.Fprintln(a.stderr)
			}
		} else if !isTerminal(a.stderr) && done%(10*every) == 0 {
			fmt.Fprintf(a.stderr, "looked through %d of %d dead letters\n", done, of)
		}
	}
}
