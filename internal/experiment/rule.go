package experiment

import (
	"cmp"
	"math"
	"strconv"
)

// Rule is an experiment as GrowthBook's SDKs see it, as far as a decision
// follows from the unit alone: no URLs, no conditions, no sticky buckets.
type Rule struct {
	Key        string
	Seed       string // default: the key
	Version    int    // of the hash; default 1, as in the SDKs
	Attribute  string // the one that is hashed; default id
	Variations int
	Weights    []float64 // default: equal
	Coverage   *float64  // default 1
	Ranges     []Range   // in place of weights and coverage
	Namespace  *Namespace
	Filters    []Filter // in place of the namespace
	Force      *int
	Inactive   bool
}

// Filter lets those through whose bucket lies in one of its ranges.
type Filter struct {
	Seed      string
	Version   int    // default 2
	Attribute string // default: the rule's
	Ranges    []Range
}

// Context is what an SDK knows beside the rule.
type Context struct {
	Attributes map[string]any // as decoded from JSON
	Disabled   bool
	QA         bool           // only what is forced has a variation
	Forced     map[string]int // variation by the key of a rule
}

// Decision is what became of a unit.
type Decision struct {
	Variation int  // 0 when the unit is not in the experiment
	In        bool // the unit is in the experiment
	Hashed    bool // the variation follows from the bucket
	Bucket    float64
}

// Decide applies a rule. The order of the steps is that of the SDKs: it is
// part of what is decided.
func (r Rule) Decide(c Context) Decision {
	if r.Variations < 2 || c.Disabled {
		return Decision{}
	}
	if forced, ok := c.Forced[r.Key]; ok {
		return r.forced(forced, 0)
	}
	id, ok := hashValue(c.Attributes[r.attribute()])
	if r.Inactive || !ok || !r.admits(c, id) {
		return Decision{}
	}
	bucket, ok := Bucket(cmp.Or(r.Version, 1), cmp.Or(r.Seed, r.Key), id)
	if !ok {
		return Decision{}
	}
	variation := Choose(bucket, r.ranges())
	switch {
	case variation < 0 || variation >= r.Variations:
		return Decision{Bucket: bucket}
	case r.Force != nil:
		return r.forced(*r.Force, bucket)
	case c.QA:
		return Decision{Bucket: bucket}
	}
	return Decision{Variation: variation, In: true, Hashed: true, Bucket: bucket}
}

// forced is a variation that somebody chose; one that there is not is none.
func (r Rule) forced(variation int, bucket float64) Decision {
	if variation < 0 || variation >= r.Variations {
		return Decision{Bucket: bucket}
	}
	return Decision{Variation: variation, In: true, Bucket: bucket}
}

func (r Rule) attribute() string { return cmp.Or(r.Attribute, "id") }

func (r Rule) ranges() []Range {
	if r.Ranges != nil {
		return r.Ranges
	}
	coverage := 1.0
	if r.Coverage != nil {
		coverage = *r.Coverage
	}
	return Ranges(r.Variations, coverage, r.Weights)
}

// admits says whether the filters, or without them the namespace, let the unit
// into the experiment.
func (r Rule) admits(c Context, id string) bool {
	if len(r.Filters) == 0 {
		return r.Namespace == nil || r.Namespace.Holds(id)
	}
	for _, f := range r.Filters {
		value, ok := hashValue(c.Attributes[cmp.Or(f.Attribute, r.attribute())])
		if !ok {
			return false
		}
		bucket, ok := Bucket(cmp.Or(f.Version, 2), f.Seed, value)
		if !ok || Choose(bucket, f.Ranges) < 0 {
			return false
		}
	}
	return true
}

// hashValue is an attribute as it is hashed: a string that is not empty or a
// finite number that is not 0, written as JavaScript writes it.
func hashValue(attribute any) (string, bool) {
	switch v := attribute.(type) {
	case string:
		return v, v != ""
	case float64:
		if v == 0 || math.IsNaN(v) || math.IsInf(v, 0) {
			return "", false
		}
		return strconv.FormatFloat(v, 'f', -1, 64), true
	}
	return "", false
}
