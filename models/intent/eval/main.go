// Command eval measures the intent model's method and prints one table: on
// sentences of our own that training did not see, on messages written by hand,
// and on two public data sets, which lie outside and are read only here. The
// shipped model learns nothing from them.
package main

import (
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"text/tabwriter"

	"askbuy/internal/judge"
	"askbuy/models/intent/train"
)

// samples is the number of bootstrap samples of an interval.
const samples = 400

func main() {
	data := flag.String("data", os.Getenv("EVAL_DATA"), "directory with sgd/{train,dev}.jsonl.gz and persuasionforgood/full_{dialog,info}.csv")
	flag.Parse()
	ok, err := run(os.Stdout, *data)
	switch {
	case err != nil:
		fmt.Fprintln(os.Stderr, "eval:", err)
		os.Exit(2)
	case !ok:
		os.Exit(1)
	}
}

// run prints the table and reports whether every goal was reached.
func run(w io.Writer, data string) (ok bool, err error) {
	figures, err := train.Evaluate(train.DefaultConfig())
	if err != nil {
		return false, err
	}
	shops, err := onSimulatedShops()
	if err != nil {
		return false, err
	}
	figures = append(figures, shops...)
	if data == "" {
		fmt.Fprintln(w, "no public data: set EVAL_DATA to a directory with sgd and persuasionforgood (see docs/intent.md) to measure on them too")
	} else {
		public, err := onPublicData(os.DirFS(data))
		if err != nil {
			return false, fmt.Errorf("read EVAL_DATA %s: %w", data, err)
		}
		figures = append(figures, public...)
	}
	return table(w, figures)
}

// table writes a row for each figure: what, of how many, how much, how sure.
func table(w io.Writer, figures []train.Figure) (ok bool, err error) {
	ok = true
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "figure\tof\tvalue\t95 % interval\tgoal\t")
	for i, f := range figures {
		value := f.Set.Of(f.Metric)
		interval := f.Set.Interval(f.Metric, samples, rand.New(rand.NewPCG(1, uint64(i))))
		goal := ""
		if f.Goal > 0 {
			goal = fmt.Sprintf(">= %.2f reached", f.Goal)
			if !(value >= f.Goal) {
				goal, ok = fmt.Sprintf(">= %.2f MISSED", f.Goal), false
			}
		}
		if f.Most > 0 {
			goal = fmt.Sprintf("<= %.2f reached", f.Most)
			if !(value <= f.Most) {
				goal, ok = fmt.Sprintf("<= %.2f MISSED", f.Most), false
			}
		}
		fmt.Fprintf(t, "%s\t%d %s\t%.4f\t%.4f to %.4f\t%s\t\n", f.Name, f.Set.Len(), f.Of, value, interval.Low, interval.High, goal)
	}
	return ok, t.Flush()
}

// onPublicData measures on what lies outside.
func onPublicData(data dir) ([]train.Figure, error) {
	learn, err := readSGD(data, "sgd/train.jsonl.gz")
	if err != nil {
		return nil, err
	}
	dev, err := readSGD(data, "sgd/dev.jsonl.gz")
	if err != nil {
		return nil, err
	}
	givers, err := readPersuasion(data)
	if err != nil {
		return nil, err
	}
	prefixes := scoreConversations(learn, dev)
	return []train.Figure{
		{Name: "SGD dev, transactional intent, AUC", Of: "messages", Set: scoreMessages(learn, dev), Metric: judge.AUC, Goal: .93},
		{Name: "SGD dev, transaction succeeds, AUC", Of: "prefixes", Set: prefixes, Metric: judge.AUC, Goal: .78},
		{Name: "SGD dev, transaction succeeds, Brier", Of: "prefixes", Set: prefixes, Metric: judge.Brier},
		{Name: "SGD dev, transaction succeeds, ECE", Of: "prefixes", Set: prefixes, Metric: judge.CalibrationError(15)},
		{Name: "PersuasionForGood, donation, 5-fold AUC", Of: "dialogues", Set: scoreFolds(givers), Metric: judge.AUC, Goal: .71},
	}, nil
}
