// Package experiment says which variant a shopper gets: files that describe
// experiments, and the hash and the ranges that share shoppers out among
// variants exactly as GrowthBook's SDKs do. Everything here is a function of
// its arguments; no clock is read and nothing is remembered, so whoever knows
// the file can say again what was decided.
package experiment

import "time"

// Experiment is one experiment, as its file says, with every default filled in.
type Experiment struct {
	Key        string     `json:"experiment"` // unique in an installation
	Hypothesis string     `json:"hypothesis"`
	Owner      string     `json:"owner"`
	Start      time.Time  `json:"start"`
	PlannedEnd time.Time  `json:"planned_end"` // units first exposed from then on do not count
	Shops      []string   `json:"shops"`       // sorted; empty: all
	Assignment Assigner   `json:"assignment"`
	Seed       string     `json:"seed"`
	Coverage   float64    `json:"coverage"` // share of the shoppers that take part
	Namespace  *Namespace `json:"namespace,omitempty"`
	Holdout    *Holdout   `json:"holdout,omitempty"`
	Variants   []Variant  `json:"variants"`
	Mode       Mode       `json:"mode"`
	Alpha      float64    `json:"alpha"`  // false positives over the whole experiment, two-sided
	Power      float64    `json:"power"`  // that the plan asks for
	NStar      int64      `json:"n_star"` // planned units of all variants: where always-valid bounds are tightest
	Metrics    []Metric   `json:"metrics"`
}

// Assigner is who gives shoppers their variants.
type Assigner string

// The assigners.
const (
	ByAskbuy   Assigner = "askbuy"   // replayed and audited
	ByExternal Assigner = "external" // the sender; there is no hash to replay
)

// Mode is when a verdict may fall.
type Mode string

// The modes.
const (
	Hybrid     Mode = "hybrid"     // a fifth of alpha while running, the rest for the final look
	Fixed      Mode = "fixed"      // once, at the end
	Sequential Mode = "sequential" // at any look
)

// Variant is one arm.
type Variant struct {
	Name    string  `yaml:"name" json:"name"`
	Weight  float64 `yaml:"weight" json:"weight"` // share of those who take part
	Control bool    `yaml:"control" json:"control"`
}

// Holdout keeps a part of all shoppers out of every experiment that names its
// seed. They are not exposed to anything.
type Holdout struct {
	Seed  string  `yaml:"seed" json:"seed"`
	Share float64 `yaml:"share" json:"share"`
}

// What follows the last exposure before an experiment can be read for good.
const (
	orderWindow   = 72 * time.Hour
	refundsMature = 15 * 24 * time.Hour
)

// Control is the index of the variant that the others are compared with.
func (e Experiment) Control() int {
	for i, v := range e.Variants {
		if v.Control {
			return i
		}
	}
	return 0
}

// Primary is the index of the metric that decides: the first success metric.
func (e Experiment) Primary() int {
	for i, m := range e.Metrics {
		if m.Role == Success {
			return i
		}
	}
	return 0
}

// InShop says whether the experiment runs in a shop.
func (e Experiment) InShop(shopID string) bool {
	for _, shop := range e.Shops {
		if shop == shopID {
			return true
		}
	}
	return len(e.Shops) == 0
}

// FinalAt is when the last cut-off of the experiment's metrics has passed: the
// orders of the last unit, and where refunds are measured, the refunds of the
// last order.
func (e Experiment) FinalAt() time.Time {
	at := e.PlannedEnd.Add(orderWindow)
	for _, m := range e.Metrics {
		if m.Name == RefundRate {
			return at.Add(refundsMature)
		}
	}
	return at
}
