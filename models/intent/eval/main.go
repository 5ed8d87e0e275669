// Command eval measures the intent model's method and prints one table: on
// sentences of our own that training did not see, on messages written by hand,
// on simulated shops, and on two public data sets, which lie outside and are
// read only here. The shipped model learns nothing from them.
//
// Exit code 0: every goal that was measured is reached, and the control, which
// learns from labels that are wrong, misses those that it must miss; 1: not so;
// 2: it could not be measured. Without the public data their goals are not
// measured: the table and its last line say so, and 0 says nothing of them.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"

	"askbuy/internal/judge"
	"askbuy/models/intent/train"
)

func main() {
	data := flag.String("data", os.Getenv("EVAL_DATA"), "directory with sgd/{train,dev}.jsonl.gz and persuasionforgood/full_{dialog,info}.csv; without it their goals are NOT MEASURED, and the exit code says nothing of them")
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

// run prints the table and reports whether every goal that was measured is
// reached.
func run(w io.Writer, data string) (ok bool, err error) {
	figures, err := train.Evaluate(train.DefaultConfig())
	if err != nil {
		return false, err
	}
	all := rows(figures)
	shops, err := onSimulatedShops()
	if err != nil {
		return false, err
	}
	open, err := onOpenWindows(learnFrom)
	if err != nil {
		return false, err
	}
	all = append(append(all, shops...), open...)
	public := unmeasured()
	if data != "" {
		if public, err = onPublicData(os.DirFS(data)); err != nil {
			return false, fmt.Errorf("read EVAL_DATA %s: %w", data, err)
		}
	}
	all = append(all, public...)
	if ok, err = table(w, all); err == nil {
		_, err = io.WriteString(w, summary(all, ok))
	}
	return ok, err
}

// publicFigures are what is measured on public data.
var publicFigures = []train.Figure{
	{Name: "SGD dev, transactional intent, AUC", Of: "messages", Metric: judge.AUC, Goal: .93},
	{Name: "SGD dev, transaction succeeds, AUC", Of: "prefixes", Metric: judge.AUC, Goal: .78},
	{Name: "SGD dev, transaction succeeds, Brier", Of: "prefixes", Metric: judge.Brier},
	{Name: "SGD dev, transaction succeeds, ECE", Of: "prefixes", Metric: judge.CalibrationError(15)},
	{Name: "PersuasionForGood, donation, 5-fold AUC", Of: "dialogues", Metric: judge.AUC, Goal: .71},
}

// unmeasured are the public figures where there is no data.
func unmeasured() []row {
	out := rows(publicFigures)
	for i := range out {
		out[i].absent = true
	}
	return out
}

// onPublicData measures on what lies outside.
func onPublicData(data dir) ([]row, error) {
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
	out := rows(publicFigures)
	for i, set := range []judge.Set{scoreMessages(learn, dev), prefixes, prefixes, prefixes, scoreFolds(givers)} {
		out[i].Set = set
	}
	return out, nil
}
