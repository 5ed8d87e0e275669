package inference

import (
	"testing"

	"askbuy/internal/experiment"
)

// The simulations below have fixed seeds, one for each run. Their bounds are
// those of the long form; the short one has bounds that allow for its size.

// A/A, six metrics, heavy repeat users, a look every day: SHIP or ROLL BACK
// comes in at most 5 % of all experiments. The t test of a single look, read
// daily, shows that the simulation can tell.
func TestAAUnderDailyPeeking(t *testing.T) {
	all := runs(60, 1000)
	rejected, peeked := aaExperiments(t, all)
	t.Logf("of %d A/A experiments %d are decided; a t test read daily decides %d", all, rejected, peeked)
	if float64(rejected) > 0.05*float64(all) {
		t.Errorf("%d of %d are decided", rejected, all)
	}
	if float64(peeked) < 0.15*float64(all) {
		t.Errorf("a t test read daily decides %d of %d only: the simulation is blind", peeked, all)
	}
}

// aaExperiments plays experiments in which nothing differs. It counts those
// that any look decides, and those that a t test at 5 % would have decided on
// some day from the seventh on.
func aaExperiments(t *testing.T, all int) (rejected, peeked int) {
	t.Helper()
	const perDay = 75
	s, e := heavy(), sixMetrics()
	e.NStar = 2 * 28 * perDay
	for run := range all {
		r, crossed := seeded(1, run), false
		final, err := looks(e, func(in *Input) {
			for arm := range in.Arms {
				in.Arms[arm].Units += perDay
				s.everything(r, in.Metrics, arm, perDay)
			}
			d, why := Compare(in.Metrics[0].Arms[0], in.Metrics[0].Arms[1])
			crossed = crossed || why == NotRefused && in.Looks >= 6 && d.P() < 0.05
		}, rejects)
		if err != nil {
			t.Fatal(err)
		}
		if rejects(final) {
			rejected++
		}
		if crossed {
			peeked++
		}
	}
	return rejected, peeked
}

// The 95 % intervals of the difference and of the lift hold the exact effect
// that was simulated in 93 to 97 % of all experiments, also where some
// shoppers return a hundred times.
func TestIntervalsCover(t *testing.T) {
	const units, lift = 2000, 0.02
	for name, s := range map[string]shoppers{"mild": mild(), "heavy repeat users": heavy()} {
		base, treated := s.rate(0), s.rate(lift)
		all, difference, relative := runs(150, 1000), 0, 0
		for run := range all {
			r := seeded(2, run)
			in := look(plain(), 31, units, 0, 0)
			in.Experiment.Mode = experiment.Fixed
			m := &in.Metrics[0]
			m.Arms = make([]Moments, 2)
			m.Converted[0] = s.orders(r, &m.Arms[0], units, 0)
			m.Converted[1] = s.orders(r, &m.Arms[1], units, lift)
			result := analyse(t, in).Results[0]
			if within(treated-base, result.CILo, result.CIHi) {
				difference++
			}
			if within(treated/base-1, result.LiftLo, result.LiftHi) {
				relative++
			}
		}
		t.Logf("%s: of %d intervals %d hold the difference and %d the lift", name, all, difference, relative)
		for _, hold := range []int{difference, relative} {
			if share := float64(hold) / float64(all); share < coverLow(all) || share > coverHigh(all) {
				t.Errorf("%s: %.3f", name, share)
			}
		}
	}
}

func within(v float64, lo, hi *float64) bool { return lo != nil && *lo <= v && v <= *hi }

// Three standard errors of a share of 0.95 are 0.02 in 1,000 runs.
func coverLow(all int) float64 {
	if all < 1000 {
		return 0.90
	}
	return 0.93
}

func coverHigh(all int) float64 {
	if all < 1000 {
		return 0.99
	}
	return 0.97
}

// Looking every day costs a hybrid experiment at most a twentieth of the power
// that one look at the end would have on the same shoppers.
func TestHybridKeepsPower(t *testing.T) {
	const perDay, base, lift = 300, 0.05, 0.2
	hybrid := plain()
	hybrid.NStar = 2 * 28 * perDay
	fixed := hybrid
	fixed.Mode = experiment.Fixed
	all, byHybrid, byFixed := runs(200, 2000), 0, 0
	for run := range all {
		for _, e := range []experiment.Experiment{hybrid, fixed} {
			r := seeded(3, run)
			a, err := looks(e, func(in *Input) {
				for arm, p := range []float64{base, base * (1 + lift)} {
					in.Arms[arm].Units += perDay
					hits := binomial(r, perDay, p)
					in.Metrics[0].Arms[arm] = in.Metrics[0].Arms[arm].Merge(rate(perDay, hits/perDay))
					in.Metrics[0].Converted[arm] += int64(hits)
				}
			}, func(a Analysis) bool { return e.Mode == experiment.Hybrid && rejects(a) })
			if err != nil {
				t.Fatal(err)
			}
			if a.Verdicts[0].Decision != Ship {
				continue
			}
			if e.Mode == experiment.Hybrid {
				byHybrid++
			} else {
				byFixed++
			}
		}
	}
	t.Logf("of %d experiments with a lift of 20 %%, hybrid ships %d, one look at the end %d", all, byHybrid, byFixed)
	if float64(byHybrid) < 0.95*float64(byFixed) || byFixed < all/2 {
		t.Errorf("hybrid ships %d, fixed %d of %d", byHybrid, byFixed, all)
	}
}

// A split of 48 to 52 where halves were planned is found; halves raise the
// alarm in at most 1 % of experiments, with a look every day.
func TestSampleRatioAlarm(t *testing.T) {
	const perDay = 600
	all := runs(200, 1000)
	alarms := func(split float64) (found int) {
		for run := range all {
			r := seeded(4, run)
			a, err := looks(plain(), func(in *Input) {
				first := int64(binomial(r, perDay, split))
				in.Arms[0].Units += first
				in.Arms[1].Units += perDay - first
			}, func(a Analysis) bool { return a.Verdicts[0].Reason == SampleRatio })
			if err != nil {
				t.Fatal(err)
			}
			if a.Verdicts[0].Reason == SampleRatio {
				found++
			}
		}
		return found
	}
	falseAlarms, found := alarms(0.5), alarms(0.48)
	t.Logf("of %d experiments: %d alarms on 50/50, %d on 48/52", all, falseAlarms, found)
	if float64(falseAlarms) > 0.01*float64(all) || float64(found) < 0.95*float64(all) {
		t.Errorf("%d alarms on 50/50, %d on 48/52 of %d", falseAlarms, found, all)
	}
}
