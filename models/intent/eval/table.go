package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"text/tabwriter"

	"askbuy/models/intent/train"
)

// samples is the number of bootstrap samples of an interval.
const samples = 400

// row is a line of the table.
type row struct {
	train.Figure
	control bool // it must miss its goal, or whatever reaches it proves nothing
	absent  bool // what it is measured on is not there
}

// rows are figures that shall reach their goals.
func rows(figures []train.Figure) []row {
	out := make([]row, len(figures))
	for i, f := range figures {
		out[i] = row{Figure: f}
	}
	return out
}

// table writes a line for each row: what, of how many, how much, how sure. It
// reports whether every goal that was measured is reached, and every control
// misses its own.
func table(w io.Writer, all []row) (ok bool, err error) {
	ok = true
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "figure\tof\tvalue\t95 % interval\tgoal\t")
	for i, r := range all {
		if r.absent {
			fmt.Fprintf(t, "%s\t%s\t-\t-\t%s\t\n", r.Name, r.Of, strings.TrimSpace(r.goal()+" NOT MEASURED"))
			continue
		}
		value := r.Set.Of(r.Metric)
		interval := r.Set.Interval(r.Metric, samples, rand.New(rand.NewPCG(1, uint64(i))))
		verdict, good := r.verdict(value)
		ok = ok && good
		fmt.Fprintf(t, "%s\t%d %s\t%.4f\t%.4f to %.4f\t%s\t\n", r.Name, r.Set.Len(), r.Of, value, interval.Low, interval.High, verdict)
	}
	return ok, t.Flush()
}

// goal is what the value shall be; "": there is no goal.
func (r row) goal() string {
	switch {
	case r.Goal > 0:
		return fmt.Sprintf(">= %.2f", r.Goal)
	case r.Most > 0:
		return fmt.Sprintf("<= %.2f", r.Most)
	}
	return ""
}

// verdict says of a value whether it is as it shall be. What is no number
// reaches nothing.
func (r row) verdict(value float64) (text string, ok bool) {
	goal := r.goal()
	if goal == "" {
		return "", true
	}
	reached := r.Goal > 0 && value >= r.Goal || r.Most > 0 && value <= r.Most
	switch {
	case r.control && reached:
		return goal + " REACHED BY THE CONTROL, which must miss it", false
	case r.control:
		return goal + " missed, as the control must", true
	case reached:
		return goal + " reached", true
	}
	return goal + " MISSED", false
}

// summary is the last word: what the table as a whole says, and what it does
// not.
func summary(all []row, ok bool) string {
	var absent []string
	for _, r := range all {
		if r.absent && r.goal() != "" {
			absent = append(absent, r.Name)
		}
	}
	text := "every goal that was measured is reached, and the control misses it\n"
	if !ok {
		text = "NOT every goal is as it shall be: see the last column\n"
	}
	if len(absent) > 0 {
		text += fmt.Sprintf("NOT MEASURED: %d goals (%s). Set EVAL_DATA, or -data, to a directory with the public data (docs/intent.md), or this says nothing of them\n", len(absent), strings.Join(absent, "; "))
	}
	return text
}
