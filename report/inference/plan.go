package inference

import (
	"math"
	"time"

	"askbuy/internal/experiment"
)

const day = 24 * time.Hour

// runningShare is the part of its alpha, one in so many, that a hybrid
// experiment spends while it runs; the rest is for the final look. Of the
// splits tried a fifth keeps most of the power of a single look (0.787 of 0.811 at a lift of 20 %).
const runningShare = 5

// plan is the experiment at the moment of a look: which bounds are in force.
type plan struct {
	experiment.Experiment
	final   bool    // this is the final look
	elapsed float64 // days of exposures that are in
	planned float64 // days of exposures that will be
}

func planOf(in Input) plan {
	e := in.Experiment
	until := in.CutOff
	if until.After(e.PlannedEnd) {
		until = e.PlannedEnd
	}
	return plan{
		Experiment: e,
		final:      !in.CutOff.Before(e.FinalAt()),
		elapsed:    max(0, until.Sub(e.Start).Hours()/24),
		planned:    e.PlannedEnd.Sub(e.Start).Hours() / 24,
	}
}

// runningLevel is that of the always-valid bounds. Experiments in mode fixed
// have them as well: harm stops them early.
func (p plan) runningLevel() float64 {
	if p.Mode == experiment.Sequential {
		return p.Alpha
	}
	return p.Alpha / runningShare
}

// finalLevel is that of the final look.
func (p plan) finalLevel() float64 {
	if p.Mode == experiment.Hybrid {
		return p.Alpha - p.Alpha/runningShare
	}
	return p.Alpha
}

// level is the one in force at this look; ok is false when none is, in mode
// fixed before the end.
func (p plan) level() (level float64, ok bool) {
	switch {
	case p.Mode == experiment.Sequential, p.Mode == experiment.Hybrid && !p.final:
		return p.runningLevel(), true
	case p.final:
		return p.finalLevel(), true
	}
	return 0, false
}

// decidesByT says whether the test in force is the t test of one look.
func (p plan) decidesByT() bool { return p.final && p.Mode != experiment.Sequential }

// showsFixed says whether p and intervals of one look may be shown: whoever
// sees them earlier stops on them.
func (p plan) showsFixed() bool { return p.final || p.Mode == experiment.Fixed }

// mixture is the confidence sequence of one pair of arms, which together have
// their weights' share of the planned units.
func (p plan) mixture(level float64, arm int) Mixture {
	share := p.Variants[p.Control()].Weight + p.Variants[arm].Weight
	return Mixture{Alpha: level, NStar: float64(p.NStar) * share}
}

// criticalNow is how many standard errors the bounds in force are apart from
// an estimate, in an arm with n units in both; without bounds in force, those
// of the final look.
func (p plan) criticalNow(arm int, n, dof float64) float64 {
	level, ok := p.level()
	if ok && !p.decidesByT() {
		return p.mixture(level, arm).Multiplier(n)
	}
	return critical(p.finalLevel(), dof)
}

// criticalAtEnd is the same for the bounds that will decide at the end, with n
// units in both arms then.
func (p plan) criticalAtEnd(arm int, n float64) float64 {
	if p.Mode == experiment.Sequential {
		return p.mixture(p.runningLevel(), arm).Multiplier(n)
	}
	return critical(p.finalLevel(), math.Inf(1))
}

// pNow is the p-value of a health check at this look: always valid while there
// will be more looks.
func (p plan) pNow(d Difference, level, n float64) float64 {
	if p.final {
		return d.P()
	}
	return Mixture{Alpha: level, NStar: float64(p.NStar)}.P(d.statistic(), n)
}

// daysUntilFinal is rounded up.
func (p plan) daysUntilFinal(now time.Time) int {
	return max(0, int(math.Ceil(p.FinalAt().Sub(now).Hours()/24)))
}

// RunningLevel is the level of an experiment's always-valid bounds.
func RunningLevel(e experiment.Experiment) float64 { return plan{Experiment: e}.runningLevel() }

// FinalLevel is the level of an experiment's final look.
func FinalLevel(e experiment.Experiment) float64 { return plan{Experiment: e}.finalLevel() }
