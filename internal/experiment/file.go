package experiment

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"go.yaml.in/yaml/v3"
)

// The defaults of a file.
const (
	defaultRun   = 14 * 24 * time.Hour
	defaultAlpha = 0.05
	defaultPower = 0.8
	defaultNStar = 5000
	defaultMDE   = 0.1
	defaultNIM   = 0.05
	defaultCap   = 0.99
	allShops     = "all"
)

// document is a file as it is written. Pointers tell what was left out.
type document struct {
	Experiment string           `yaml:"experiment"`
	Hypothesis string           `yaml:"hypothesis"`
	Owner      string           `yaml:"owner"`
	Start      string           `yaml:"start"`
	PlannedEnd string           `yaml:"planned_end"`
	Shops      []string         `yaml:"shops"`
	Assignment Assigner         `yaml:"assignment"`
	Seed       string           `yaml:"seed"`
	Coverage   *float64         `yaml:"coverage"`
	Namespace  *Namespace       `yaml:"namespace"`
	Holdout    *Holdout         `yaml:"holdout"`
	Variants   []Variant        `yaml:"variants"`
	Mode       Mode             `yaml:"mode"`
	Alpha      *float64         `yaml:"alpha"`
	Power      *float64         `yaml:"power"`
	NStar      *int64           `yaml:"n_star"`
	Metrics    []documentMetric `yaml:"metrics"`
}

type documentMetric struct {
	Metric string   `yaml:"metric"`
	Role   Role     `yaml:"role"`
	MDE    *float64 `yaml:"mde"`
	NIM    *float64 `yaml:"nim"`
	Cap    *float64 `yaml:"cap"`
	CUPED  bool     `yaml:"cuped"`
}

// Parse reads one file: one YAML document without unknown or repeated keys.
// The error says every problem at once, each with its field and its rule.
func Parse(file []byte) (Experiment, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(file))
	decoder.KnownFields(true)
	var d document
	var wrong *yaml.TypeError
	err := decoder.Decode(&d)
	switch {
	case errors.Is(err, io.EOF):
		return Experiment{}, errors.New("file is empty: describe one experiment in it")
	case err != nil && !errors.As(err, &wrong):
		return Experiment{}, err
	}
	if rest := decoder.Decode(new(any)); !errors.Is(rest, io.EOF) {
		err = errors.Join(err, errors.New("more than one YAML document: write one file for each experiment"))
	}
	e, times := d.experiment()
	if err = errors.Join(err, times, d.misplaced(), e.Validate()); err != nil {
		return Experiment{}, err
	}
	return e, nil
}

// experiment fills the defaults in.
func (d document) experiment() (Experiment, error) {
	start, errStart := instant("start", d.Start)
	end, errEnd := instant("planned_end", d.PlannedEnd)
	if d.PlannedEnd == "" && errStart == nil {
		end, errEnd = start.Add(defaultRun), nil
	}
	e := Experiment{
		Key: d.Experiment, Hypothesis: d.Hypothesis, Owner: d.Owner, Start: start, PlannedEnd: end,
		Shops: shops(d.Shops), Assignment: cmp.Or(d.Assignment, ByAskbuy), Seed: cmp.Or(d.Seed, d.Experiment),
		Coverage: or(d.Coverage, 1), Namespace: d.Namespace, Holdout: d.Holdout, Variants: d.Variants,
		Mode: cmp.Or(d.Mode, Hybrid), Alpha: or(d.Alpha, defaultAlpha), Power: or(d.Power, defaultPower),
		NStar: or(d.NStar, defaultNStar),
	}
	for _, m := range d.Metrics {
		e.Metrics = append(e.Metrics, m.metric())
	}
	return e, errors.Join(errStart, errEnd)
}

func (d documentMetric) metric() Metric {
	m := Metric{Name: d.Metric, Role: d.Role, MDE: or(d.MDE, defaultMDE), CUPED: d.CUPED}
	if d.Role == Guardrail {
		m.NIM = or(d.NIM, defaultNIM)
	}
	if definition, _ := Define(d.Metric); definition.Money {
		m.Cap = or(d.Cap, defaultCap)
	}
	return m
}

// misplaced finds what was written where it has no meaning: left out of the
// experiment silently it would be believed to hold.
func (d document) misplaced() error {
	var problems []error
	for i, m := range d.Metrics {
		if m.NIM != nil && m.Role != Guardrail {
			problems = append(problems, fmt.Errorf("metrics[%d].nim: only a guardrail has a margin: remove it or set role: guardrail", i))
		}
		if definition, _ := Define(m.Metric); m.Cap != nil && !definition.Money {
			problems = append(problems, fmt.Errorf("metrics[%d].cap: only revenue is capped: remove it", i))
		}
	}
	if d.Assignment == ByExternal && (d.Seed != "" || d.Coverage != nil && *d.Coverage != 1 || d.Namespace != nil || d.Holdout != nil) {
		problems = append(problems, errors.New("assignment: external gives out variants by itself: remove seed, coverage, namespace and holdout"))
	}
	return errors.Join(problems...)
}

// shops are sorted, so that their order in the file changes no hash.
func shops(names []string) []string {
	if len(names) == 1 && names[0] == allShops {
		return nil
	}
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return sorted
}

// instant reads a time with its zone: a day alone would begin at another
// moment for everybody who reads it.
func instant(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("%s: %q is no time with a zone: write it as 2026-11-01T00:00:00+08:00", field, text)
	}
	return at.UTC().Truncate(time.Millisecond), nil
}

func or[T any](value *T, otherwise T) T {
	if value == nil {
		return otherwise
	}
	return *value
}
