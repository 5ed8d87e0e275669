package web

import (
	"net/url"
	"strings"
)

// experimentLine is the verdict on one treatment.
type experimentLine struct {
	Experiment, Variant string
	Verdict             string // key of the catalogue
	Class               string // good, bad, or nothing
	Effect              string
	Href                string
}

// verdictClass is how a verdict looks: colour is never its only sign.
var verdictClass = map[string]string{"SHIP": "good", "ROLL BACK": "bad", "INVALID": "bad"}

// verdictKey is the catalogue's key of a verdict.
func verdictKey(verdict string) string {
	return "verdict." + strings.ReplaceAll(strings.ToLower(verdict), " ", "_")
}

// experimentLines are the newest verdicts, one for each treatment.
func (d *Dashboard) experimentLines(v *visit, a *answer) (lines []experimentLine) {
	for row := range a.Rows {
		if a.text(row, "role") != "success" {
			continue
		}
		line := experimentLine{
			Experiment: a.text(row, "experiment"), Variant: a.text(row, "variant"), Verdict: verdictKey(a.text(row, "verdict")),
			Class: verdictClass[a.text(row, "verdict")], Href: "/experiments?" + url.Values{"experiment": {a.text(row, "experiment")}}.Encode(),
		}
		metric := d.name(v, Metric, a.text(row, "metric"))
		if lift := a.number(row, "lift"); lift != nil {
			line.Effect = v.t("experiment.effect", metric, change(*lift), bound(a.number(row, "lift_lo")), bound(a.number(row, "lift_hi")), count(a.count(row, "n_c")+a.count(row, "n_t")))
		}
		lines = append(lines, line)
	}
	return lines
}

// bound is an end of an interval of changes; without one it has no end.
func bound(v *float64) string {
	if v == nil {
		return "∞"
	}
	return change(*v)
}
