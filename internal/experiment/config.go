package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Canonical is the experiment as JSON with every default written out: files
// that mean the same give the same bytes, whatever their order and comments.
func (e Experiment) Canonical() []byte {
	b, err := json.Marshal(e, json.Deterministic(true))
	if err != nil { // NaN and infinity only, which Validate refuses
		panic(fmt.Sprintf("encode experiment %q: %v", e.Key, err))
	}
	return b
}

// ConfigHash names what the experiment says: the SHA-256 of Canonical, in hex.
// It stands beside every result.
func (e Experiment) ConfigHash() string {
	sum := sha256.Sum256(e.Canonical())
	return hex.EncodeToString(sum[:])
}

// mayChange are the fields that change nothing about the units seen so far.
var mayChange = []string{"hypothesis", "owner", "planned_end"}

// Change refuses what may not change any more in an experiment that has an
// exposure, and names it. What was measured under one plan cannot be read under
// another.
func Change(before, after Experiment, now time.Time) error {
	was, is := before.fields(), after.fields()
	var changed []string
	for name := range is {
		if !slices.Contains(mayChange, name) && string(was[name]) != string(is[name]) {
			changed = append(changed, name)
		}
	}
	for name := range was {
		if _, there := is[name]; !there {
			changed = append(changed, name)
		}
	}
	if len(changed) == 0 {
		return changeEnd(before, after, now)
	}
	slices.Sort(changed)
	return fmt.Errorf("change experiment %q: %s may not change after the first exposure, only %s: end it and begin one under a new key",
		before.Key, strings.Join(changed, ", "), strings.Join(mayChange, ", "))
}

// changeEnd lets the planned end move only while it lies ahead, and only to
// where it still does: whoever has seen results may not choose which of them
// are final.
func changeEnd(before, after Experiment, now time.Time) error {
	switch {
	case after.PlannedEnd.Equal(before.PlannedEnd):
		return nil
	case !now.Before(before.PlannedEnd):
		return fmt.Errorf("change experiment %q: planned_end may not change once it has passed: write %s again and begin a new one under a new key",
			before.Key, before.PlannedEnd.Format(time.RFC3339))
	case after.PlannedEnd.Before(now):
		return fmt.Errorf("change experiment %q: planned_end may not be moved into the past after the first exposure: name a moment from %s on",
			before.Key, now.UTC().Format(time.RFC3339))
	}
	return nil
}

func (e Experiment) fields() map[string]jsontext.Value {
	var fields map[string]jsontext.Value
	if err := json.Unmarshal(e.Canonical(), &fields); err != nil {
		panic(fmt.Sprintf("decode experiment %q: %v", e.Key, err))
	}
	return fields
}
