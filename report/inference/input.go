package inference

import (
	"errors"
	"fmt"
	"time"

	"askbuy/internal/experiment"
)

// Input is everything that an analysis is made from. Kept beside a result it
// lets the result be computed again, bit by bit.
type Input struct {
	Experiment experiment.Experiment `json:"experiment"`
	CutOff     time.Time             `json:"cut_off"` // what happened later is not in it
	Looks      int                   `json:"looks"`   // results that were looked at before this one
	Arms       []Arm                 `json:"arms"`    // by the experiment's variants
	Metrics    []Measured            `json:"metrics"` // by the experiment's metrics
	// SRMBefore is the least sequential p of the sample ratio so far; nil: this
	// is the first look.
	SRMBefore *float64  `json:"srm_before,omitempty"`
	Pipeline  []Parity  `json:"pipeline,omitempty"`
	Unknown   []Unknown `json:"unknown,omitempty"`
	Filter    *Known    `json:"filter,omitempty"` // only these units; nil: all of the experiment
}

// Arm is what is known of a variant beside its metrics. Units are counted by
// their first exposure.
type Arm struct {
	Units        int64 `json:"units"`
	Contaminated int64 `json:"contaminated"` // of them seen in another variant as well: in no metric
	Replayed     int64 `json:"replayed"`     // exposures whose variant the hash was asked for
	Mismatched   int64 `json:"mismatched"`   // of them those to which it gives another
}

// Measured are the units' moments of one metric. A slice is by the variants.
type Measured struct {
	Refused   Refusal   `json:"refused,omitempty"` // why it was not measured; then nothing else is there
	Arms      []Moments `json:"arms,omitempty"`    // capped, where the metric is
	Converted []int64   `json:"converted,omitempty"`
	Raw       []Moments `json:"raw,omitempty"` // before the cap; nil: there is none
	Cap       float64   `json:"cap,omitempty"`
	Covariate *Known    `json:"covariate,omitempty"` // what the moments' covariate is; nil: none
	Immature  []float64 `json:"immature,omitempty"`  // share of what is too young to count
	PBefore   []float64 `json:"p_before,omitempty"`  // least always-valid p so far; nil: first look
}

// Parity is a rate of the pipeline itself, such as events that came late: it
// must not differ by variant, or the pipeline makes the effect.
type Parity struct {
	Name string    `json:"name"`
	Arms []Moments `json:"arms"`
}

// Unknown is a variant that was exposed and that the experiment does not have.
type Unknown struct {
	Variant   string `json:"variant"`
	Exposures int64  `json:"exposures"`
}

// Known is something known about units, and when it was.
type Known struct {
	Name           string `json:"name"`
	BeforeExposure bool   `json:"before_exposure"` // of every unit, so that no variant can have moved it
}

// Validate finds what makes an input no input. It is a fault of whoever asked
// the warehouse, not of the data.
func (in Input) Validate() error {
	arms := len(in.Experiment.Variants)
	problems := []error{in.Experiment.Validate()}
	must := func(holds bool, format string, args ...any) {
		if !holds {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	optional := func(n int) bool { return n == 0 || n == arms }
	must(len(in.Arms) == arms, "arms: %d for %d variants", len(in.Arms), arms)
	must(len(in.Metrics) == len(in.Experiment.Metrics), "metrics: %d for %d of the experiment", len(in.Metrics), len(in.Experiment.Metrics))
	must(!in.CutOff.IsZero(), "cut_off: missing")
	for i, a := range in.Arms {
		must(a.Units >= 0 && a.Contaminated >= 0 && a.Contaminated <= a.Units, "arms[%d]: %d contaminated of %d units", i, a.Contaminated, a.Units)
		must(a.Replayed >= 0 && a.Mismatched >= 0 && a.Mismatched <= a.Replayed, "arms[%d]: %d mismatched of %d replayed", i, a.Mismatched, a.Replayed)
	}
	for i, m := range in.Metrics {
		must(m.Refused != NotRefused || len(m.Arms) == arms && len(m.Converted) == arms, "metrics[%d]: not one entry for each variant", i)
		must(optional(len(m.Raw)) && optional(len(m.Immature)) && optional(len(m.PBefore)), "metrics[%d]: neither none nor one entry for each variant", i)
	}
	for i, p := range in.Pipeline {
		must(len(p.Arms) == arms, "pipeline[%d]: not one entry for each variant", i)
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("analyse experiment %q: %w", in.Experiment.Key, err)
	}
	return nil
}
