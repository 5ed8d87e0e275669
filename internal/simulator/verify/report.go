package verify

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Report is what a comparison found.
type Report struct {
	Checks []Check
	quiet  bool // nothing was in flight or unexplained
}

// OK reports that nothing differs.
func (r *Report) OK() bool {
	return !slices.ContainsFunc(r.Checks, func(c Check) bool { return c.Found > 0 })
}

// Check is one table, or one rule, held against the truth.
type Check struct {
	Name        string
	Rows        int          // compared
	Found       int          // differences
	Differences []Difference // the first ones, mostShown at most
}

// Difference is one cell, or one row, that is not as it must be.
type Difference struct {
	Key    string // names the row
	Column string // "" when it is about the row as a whole
	Want   string
	Have   string
}

const mostShown = 20

func (c *Check) differ(key, column, want, have string) {
	c.Found++
	if len(c.Differences) < mostShown {
		c.Differences = append(c.Differences, Difference{key, column, want, have})
	}
}

// expect notes a difference unless it holds.
func (c *Check) expect(holds bool, key, column, want string, have any) {
	if !holds {
		c.differ(key, column, want, fmt.Sprint(have))
	}
}

// Write prints the checks and a table of differences.
func (r *Report) Write(w io.Writer) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "CHECK\tROWS\tDIFFERENCES")
	for _, c := range r.Checks {
		fmt.Fprintf(t, "%s\t%d\t%s\n", c.Name, c.Rows, cmp.Or(count(c.Found), "none"))
	}
	for _, c := range r.Checks {
		if c.Found == 0 {
			continue
		}
		fmt.Fprintf(t, "\n%s: %d differ", c.Name, c.Found)
		if c.Found > len(c.Differences) {
			fmt.Fprintf(t, ", the first %d", len(c.Differences))
		}
		fmt.Fprintln(t, "\nKEY\tCOLUMN\tTRUTH\tREPORTED")
		for _, d := range c.Differences {
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", d.Key, cmp.Or(d.Column, "(row)"), d.Want, d.Have)
		}
	}
	if err := t.Flush(); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	return nil
}

func count(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}
