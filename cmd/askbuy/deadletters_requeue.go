package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"askbuy/internal/clickhouse"
	"askbuy/internal/wait"
	"askbuy/pipeline"
	"askbuy/report"
)

type lettersRequeue struct {
	ID []string `name:"id" placeholder:"ID" help:"This letter; may be given several times."`
	lettersFilter
	Limit  int    `default:"1000" help:"At most so many letters, the newest first."`
	All    bool   `help:"All letters, within the limit; those of reason forbidden_shop only when asked for."`
	File   string `placeholder:"FILE" help:"Post the events of this file (JSON, an array, or NDJSON) in place of a letter's bytes; - is standard input."`
	DryRun bool   `help:"Say what would happen, and do nothing."`
	URL    string `name:"url" placeholder:"URL" help:"Where the door is (default: the running instance)."`
}

// Help is what the flags alone do not tell.
func (lettersRequeue) Help() string {
	return `What the door set aside is posted again to the door that it came through
(/v1/events, /coze, or /hooks of the kinds generic, standard-webhooks, coze and
jwt), and obeys the same rules again. What is good by now is
accepted, and counts once however often it is requeued. What is still bad comes
back as the letter it was, with one more delivery.

What processors or sinks set aside (undecodable, refused_row, conflict) is a
record: it is produced again to its topic, and all who read that topic read it
once more, after whatever hindered them was mended. A conflict stays one: the
first copy counts.

With --file the events of the file are posted to /v1/events instead, which is
how a bad event is corrected.

Letters stay listed: they say what happened. Exit code 1: some are still bad,
or could not be tried.`
}

func (r lettersRequeue) Run(a *app) error {
	now := time.Now()
	filter, err := r.filter(r.Limit, now)
	if err != nil {
		return err
	}
	filter.IDs = r.ID
	switch {
	case r.File != "" && (r.narrows() || r.All):
		return errors.New("--file: is posted whole, so of the filters only --id goes with it")
	case r.File == "" && !r.All && len(r.ID) == 0 && !r.narrows():
		return errors.New("say which letters: --id, a filter such as --reason, --all, or --file with events that are corrected")
	}
	return withLetters(a, func(c pipeline.Config, db *clickhouse.DB, box *pipeline.Letters) error {
		letters, err := r.choose(a, db, filter)
		if err != nil {
			return err
		}
		if r.File != "" {
			return r.postFile(a, c, now)
		}
		originals, err := box.Read(a.ctx, letters, a.scanned())
		if err != nil {
			return err
		}
		named := func(l report.DeadLetter) bool { return slices.Contains(r.ID, l.ID) || r.Reason == string(l.Reason) }
		door, err := openDoor(c, r.URL)
		if err != nil {
			return err
		}
		steps := pipeline.PlanRequeue(letters, originals, door.Sources, named, now)
		if r.DryRun {
			return tellSteps(a.stdout, steps)
		}
		return r.send(a, door, box, steps)
	})
}

// choose finds the letters, and complains of ids that are none.
func (r lettersRequeue) choose(a *app, db *clickhouse.DB, filter report.LetterFilter) ([]report.DeadLetter, error) {
	if r.File != "" && len(r.ID) == 0 {
		return nil, nil
	}
	filter.Limit = max(filter.Limit, len(r.ID))
	chosen, err := report.DeadLetters(a.ctx, db, filter)
	if err != nil {
		return nil, err
	}
	for _, id := range r.ID {
		if !slices.ContainsFunc(chosen.Letters, func(l report.DeadLetter) bool { return l.ID == id }) {
			return nil, fmt.Errorf("--id: there is no letter %q, or the other filters leave it out: `%s deadletters list` shows which there are", id, program())
		}
	}
	if more := chosen.Total.Letters - int64(len(chosen.Letters)); more > 0 {
		fmt.Fprintf(a.stderr, "askbuy: %d older letters are beyond --limit %d and are left for another time\n", more, filter.Limit)
	}
	return chosen.Letters, nil
}

func (r lettersRequeue) send(a *app, door *pipeline.Door, box *pipeline.Letters, steps []pipeline.Step) error {
	ctx, cancel := context.WithTimeout(a.ctx, settleWithin)
	defer cancel()
	fates, err := box.Requeue(ctx, door, steps)
	bad, errTell := tellFates(a.stdout, fates)
	switch {
	case err != nil:
		return no(err)
	case errTell != nil:
		return errTell
	case bad > 0:
		return no(fmt.Errorf("%d of %d letters are not delivered: correct their events and post them with --file", bad, len(fates)))
	}
	return nil
}

// postFile posts corrected events.
func (r lettersRequeue) postFile(a *app, c pipeline.Config, now time.Time) error {
	body, err := readFile(r.File)
	if err != nil {
		return fmt.Errorf("--file: %w", err)
	}
	if r.DryRun {
		good, faults, ok := pipeline.PlanFile(body, now)
		if !ok {
			return no(errors.New("--file: holds neither JSON nor NDJSON with events"))
		}
		for _, fault := range faults {
			fmt.Fprintf(a.stdout, "%s\n", fault)
		}
		fmt.Fprintf(a.stdout, "%d events pass the rules, %d would be set aside\n", good, len(faults))
		return nil
	}
	door, err := openDoor(c, r.URL)
	if err != nil {
		return err
	}
	answer, err := door.Events(a.ctx, body, false)
	if err != nil {
		return no(err)
	}
	for _, rejected := range answer.Rejected {
		fmt.Fprintf(a.stdout, "event %d: %s: %s\n", rejected.Index, rejected.Reason, printableBytes([]byte(rejected.Detail)))
	}
	fmt.Fprintf(a.stdout, "%d accepted, %d duplicate, %d still bad\n", answer.Accepted, answer.Duplicate, len(answer.Rejected))
	if n := len(answer.Rejected); n > 0 {
		return no(fmt.Errorf("%d events of the file are still bad, and are dead letters: correct them and post the file again, which is safe", n))
	}
	return nil
}

func readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(os.Stdin)
	}
	return os.ReadFile(name)
}

// openDoor reaches the door at url, or the running instance's.
func openDoor(c pipeline.Config, url string) (*pipeline.Door, error) {
	at, err := playOptions(c, url)
	if err != nil {
		return nil, err
	}
	if at.URL == "" {
		return nil, errors.New("the running instance has no door (role ingest): name one with --url")
	}
	return &pipeline.Door{
		URL: strings.TrimSuffix(at.URL, "/"), APIKey: at.APIKey, Client: &http.Client{Timeout: 30 * time.Second},
		Sources: pipeline.DoorSources(c, at.CozeSecret, func(secret, shop, body string) (string, error) { return shopToken(secret, shop, body, time.Now()) }),
		Sleep:   wait.For,
	}, nil
}

// shopToken is good for a minute, one shop ("": whichever) and one body.
func shopToken(secret, shop, bodySHA256 string, now time.Time) (string, error) {
	claims := jwt.MapClaims{"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "body_sha256": bodySHA256}
	if shop != "" {
		claims["shop_id"] = shop
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(secret))
}

func tellSteps(w io.Writer, steps []pipeline.Step) error {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "%s (%s, %s) %s\n", s.Letter.ID, s.Letter.Stage, s.Letter.Reason, printableBytes([]byte(s.String())))
	}
	fmt.Fprintf(&b, "%d letters; nothing was done\n", len(steps))
	_, err := io.WriteString(w, b.String())
	return err
}

// tellFates lists the letters that are not delivered, then counts all.
func tellFates(w io.Writer, fates []pipeline.Requeued) (bad int, err error) {
	var b strings.Builder
	counts := map[pipeline.Fate]int{}
	for _, f := range fates {
		counts[f.Fate]++
		if f.Fate == pipeline.FateStillBad || f.Fate == pipeline.FateLeft {
			bad++
			fmt.Fprintf(&b, "%s %s: %s\n", f.Letter.ID, f.Fate, strings.ReplaceAll(printableBytes([]byte(f.Detail)), "\n", " "))
		}
	}
	var parts []string
	for _, fate := range pipeline.Fates() {
		if counts[fate] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[fate], fate))
		}
	}
	fmt.Fprintf(&b, "%d letters requeued", len(fates))
	if len(parts) > 0 {
		b.WriteString(": " + strings.Join(parts, ", "))
	}
	b.WriteString("\n")
	_, err = io.WriteString(w, b.String())
	return bad, err
}
