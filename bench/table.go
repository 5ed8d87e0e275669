package main

import (
	"fmt"
	"io"
	"text/tabwriter"
)

// row is one line of the table.
type row struct {
	what     string
	goal     string // "" when there is none yet
	measured string
	met      bool // of a row with a goal
}

// printTable prints the rows, each with its verdict.
func printTable(w io.Writer, rows []row) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "\nwhat\tgoal\tmeasured\t")
	for _, r := range rows {
		verdict := ""
		if r.goal != "" {
			verdict = "MISSED"
			if r.met {
				verdict = "met"
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", r.what, r.goal, r.measured, verdict)
	}
	return t.Flush()
}
