package main

import (
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/internal/clickhouse"
	"askbuy/pipeline"
)

type replayCommand struct {
	From            string `placeholder:"T" help:"Only shoppers of whom there is an event at or after this time: RFC 3339, ms since the epoch, or how long ago, like 48h. Default: all."`
	DryRun          bool   `help:"Compare, change nothing, and exit 1 when rows differ."`
	Model           string `placeholder:"ID|DIR" help:"Score with this model: an id, or a bundle's directory. Default: the one in force."`
	RefillTopics    bool   `help:"First tell the facts of former topics again in the present ones: after a change of prefix, of the number of partitions, or of the broker."`
	AllowOtherModel bool   `help:"With --model: put the rows in use although the model is not in force."`
	Format          string `default:"text" enum:"text,json" help:"text or json."`
}

// Help is what the flags alone do not tell.
func (replayCommand) Help() string {
	return `Computes message scores and touches anew from the facts into shadow tables,
compares them row by row with those in use, prints what differs, and swaps.
The swap is atomic for each table; rows that are said meanwhile stay.

It waits until what was sent before it is stored, and may run while events
come in: whoever speaks meanwhile is not compared. What a replay that was
killed has left is cleared up, or its swap finished, by the next one.

With --model the scores in use are compared with those of another model. By
contract a message is scored by the model in force at its time, so that such
rows come into use only with --allow-other-model, and new messages go on being
scored by the model in force.

With --refill-topics messages, orders and behaviours that came in through
topics which were replaced since - under another prefix, with another number of
partitions, on another broker - are published again in the present topics, so
that orders and journeys remember what they were told there. They count as
duplicates in the ledger. Told twice, they change nothing.`
}

func (r replayCommand) Run(a *app) error {
	options := pipeline.ReplayOptions{DryRun: r.DryRun, Model: r.Model, OtherModel: r.AllowOtherModel}
	if r.From != "" {
		from, err := moment("--from", r.From, time.Now())
		if err != nil {
			return err
		}
		ms := from.UnixMilli()
		options.From = &ms
	}
	if r.RefillTopics && r.DryRun {
		return errors.New("replay: --refill-topics publishes facts, which --dry-run must not")
	}
	if r.AllowOtherModel && r.Model == "" {
		return errors.New("replay: --allow-other-model goes with --model")
	}
	c, err := a.config()
	if err != nil {
		return err
	}
	return withWarehouse(a, func(db *clickhouse.DB) error {
		replayer, err := pipeline.OpenReplayer(a.ctx, c, db)
		if err != nil {
			return err
		}
		progress := &progress{w: a.stderr, terminal: isTerminal(a.stderr)}
		replayer.Say, replayer.Progress = progress.say, progress.step
		done, err := r.with(a, replayer, options)
		progress.end()
		if err := errors.Join(err, replayer.Close()); err != nil {
			return asAnswer(err)
		}
		if err := r.write(a.stdout, done); err != nil {
			return err
		}
		if r.DryRun && done.Diff.Rows > 0 {
			return no(fmt.Errorf("%d derived rows differ: put the replayed ones in use by the same without --dry-run", done.Diff.Rows))
		}
		return nil
	})
}

func (r replayCommand) with(a *app, replayer *pipeline.Replayer, o pipeline.ReplayOptions) (*pipeline.Replayed, error) {
	if r.RefillTopics {
		told, err := replayer.Refill(a.ctx)
		if err != nil {
			return nil, fmt.Errorf("refill topics: %w; what was told stays: give it again", err)
		}
		fmt.Fprintf(a.stderr, "%d facts of former topics were told again\n", told)
	}
	return replayer.Run(a.ctx, o)
}

// asAnswer leaves bad usage what it is.
func asAnswer(err error) error {
	if errors.Is(err, pipeline.ErrReplayOptions) {
		return err
	}
	return no(err)
}

func (r replayCommand) write(out io.Writer, done *pipeline.Replayed) error {
	if r.Format == "json" {
		return json.MarshalWrite(out, done, jsontext.Multiline(true))
	}
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	if len(done.Diff.Differences) > 0 {
		fmt.Fprintln(w, "table\tshop\tuser\tkey\twhat\treplayed\tin use")
	}
	for _, d := range done.Diff.Differences {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", d.Table, d.ShopID, d.UserID, d.Key, d.What, d.Want, d.Got)
	}
	if listed := int64(len(done.Diff.Differences)); listed < done.Diff.Rows {
		fmt.Fprintf(w, "and %d more\n", done.Diff.Rows-listed)
	}
	if s := done.Scores; s != nil {
		fmt.Fprintf(w, "messages that both models score\t%d\n", s.Messages)
		fmt.Fprintf(w, "of high intent, in use and replayed\t%.4f\t%.4f\n", s.HighNow, s.HighReplayed)
		fmt.Fprintf(w, "change sides of 0.7\t%.4f\n", s.Crossed)
		fmt.Fprintf(w, "mean |d buy_score|\t%.4f\n", s.MeanBuyScore)
		fmt.Fprintf(w, "mean and greatest |d p_order|\t%.4f\t%.4f\n", s.MeanPOrder, s.MostPOrder)
		fmt.Fprintf(w, "another intent\t%.4f\n", s.Intents)
	}
	if done.LeftOut > 0 {
		fmt.Fprintf(w, "%d shoppers spoke meanwhile and were not compared\n", done.LeftOut)
	}
	outcome := map[bool]string{true: "the replayed rows are in use", false: "nothing was changed"}[done.Swapped]
	fmt.Fprintf(w, "replay %s: %d shoppers by model %s, %d rows differ; %s\n", done.ID, done.Shoppers, done.ModelID, done.Diff.Rows, outcome)
	return w.Flush()
}
