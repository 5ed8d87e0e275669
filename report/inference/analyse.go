package inference

import (
	"math"
	"time"

	"askbuy/internal/experiment"
)

// EngineVersion names the formulas. It stands beside every stored result and
// rises when one of them would give another number. 2: what is said without a
// cap is adjusted, too.
const EngineVersion = 2

// Analysis is what follows from an input.
type Analysis struct {
	Experiment string    `json:"experiment"`
	ConfigHash string    `json:"config_hash"`
	Engine     int       `json:"engine_version"`
	CutOff     time.Time `json:"cut_off"`
	Final      bool      `json:"is_final"`
	Day        int       `json:"day"`   // of exposures, from 1 on
	Days       int       `json:"days"`  // planned
	Level      *float64  `json:"level"` // in force; nil: none
	Health     Health    `json:"health"`
	Verdicts   []Verdict `json:"verdicts"` // one for each treatment
	Results    []Result  `json:"results"`  // by metric, then by treatment
	Warnings   []Warning `json:"warnings"`
}

// Health says whether the experiment can be believed.
type Health struct {
	Units         int64    `json:"units"`
	Contaminated  int64    `json:"contaminated"`
	Replayed      int64    `json:"replayed"`
	Mismatched    int64    `json:"mismatched"`
	SRMChiSquare  float64  `json:"srm_chi2"`
	SRMP          float64  `json:"srm_p"`            // counts at the final look only
	SRMSequential float64  `json:"srm_p_sequential"` // of this look
	SRMRunning    float64  `json:"srm_p_running"`    // the least of all looks: counts always
	SRMArm        string   `json:"srm_arm"`          // that deviates most
	mismatch      float64  // share
	contamination float64  // share
	broken        []Reason // why it cannot be believed, worst first
}

// Analyse is the whole engine.
func Analyse(in Input) (Analysis, error) {
	if err := in.Validate(); err != nil {
		return Analysis{}, err
	}
	p := planOf(in)
	a := Analysis{
		Experiment: in.Experiment.Key, ConfigHash: in.Experiment.ConfigHash(), Engine: EngineVersion,
		CutOff: in.CutOff, Final: p.final, Day: int(p.elapsed) + 1, Days: int(math.Ceil(p.planned)),
		Health: p.health(in), Results: []Result{}, Verdicts: []Verdict{}, Warnings: []Warning{},
	}
	a.Day = min(a.Day, a.Days)
	if level, ok := p.level(); ok {
		a.Level = &level
	}
	for i, m := range in.Metrics {
		for _, arm := range p.treatments() {
			a.Results = append(a.Results, p.compare(i, arm, m))
		}
	}
	p.adjust(a.Results)
	for i, arm := range p.treatments() {
		a.Verdicts = append(a.Verdicts, p.verdict(in, a.Health, a.of(i, len(p.treatments())), arm))
	}
	if in.Filter != nil && !in.Filter.BeforeExposure {
		for i := range a.Results {
			a.Results[i] = a.Results[i].descriptive()
		}
	}
	a.Warnings = p.warnings(in, a)
	return a, nil
}

// of are the results of one treatment, by metric.
func (a Analysis) of(treatment, treatments int) []Result {
	var results []Result
	for i := treatment; i < len(a.Results); i += treatments {
		results = append(results, a.Results[i])
	}
	return results
}

// treatments are the arms that are compared with the control, in order.
func (p plan) treatments() []int {
	var arms []int
	for i, v := range p.Variants {
		if !v.Control {
			arms = append(arms, i)
		}
	}
	return arms
}

// adjust fills in the primary's p-values for how many treatments there are.
func (p plan) adjust(results []Result) {
	level, ok := p.level()
	if !ok {
		return
	}
	treatments := len(p.treatments())
	primary := results[p.Primary()*treatments:][:treatments]
	var values []float64
	var whose []int
	for i, r := range primary {
		if r.Refused == NotRefused {
			value := r.PAlwaysValid
			if p.decidesByT() {
				value = r.PFixed
			}
			values, whose = append(values, *value), append(whose, i)
		}
	}
	for i, adjusted := range Holm(values) {
		r := &primary[whose[i]]
		r.PAdjusted = &adjusted
		if treatments > 1 && !(adjusted < level) {
			r.state = undecided
		}
	}
}

func (p plan) health(in Input) Health {
	h := Health{}
	counts, weights := make([]int64, len(in.Arms)), make([]float64, len(in.Arms))
	for i, a := range in.Arms {
		h.Units += a.Units
		h.Contaminated += a.Contaminated
		h.Replayed += a.Replayed
		h.Mismatched += a.Mismatched
		counts[i], weights[i] = a.Units, p.Variants[i].Weight
	}
	h.SRMChiSquare, h.SRMP = chiSquare(counts, weights)
	h.SRMSequential = sequentialSRM(counts, weights)
	h.SRMRunning = h.SRMSequential
	if in.SRMBefore != nil {
		h.SRMRunning = min(h.SRMRunning, *in.SRMBefore)
	}
	h.SRMArm = p.Variants[deviating(counts, weights)].Name
	h.mismatch, h.contamination = share(h.Mismatched, h.Replayed), share(h.Contaminated, h.Units)
	h.broken = p.broken(in, h)
	return h
}

// deviating is the arm that is farthest from its share, in standard errors.
func deviating(counts []int64, weights []float64) int {
	worst, most, n := 0, -1.0, 0.0
	for _, c := range counts {
		n += float64(c)
	}
	for i, c := range counts {
		expected := n * weights[i]
		if off := math.Abs(float64(c)-expected) / math.Sqrt(max(1, expected*(1-weights[i]))); off > most {
			worst, most = i, off
		}
	}
	return worst
}

func share(part, whole int64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// descriptive leaves of a result what was counted and nothing that says what
// the variant did.
func (r Result) descriptive() Result {
	return Result{
		Metric: r.Metric, Role: r.Role, Variant: r.Variant, Control: r.Control, Refused: PostTreatment,
		NC: r.NC, NT: r.NT, ValueC: r.ValueC, ValueT: r.ValueT, Diff: r.Diff, Cap: r.Cap, DiffRaw: r.DiffRaw,
		rawAgrees: true,
	}
}

// metric is the definition of a result's metric.
func (r Result) metric() experiment.Definition {
	d, _ := experiment.Define(r.Metric)
	return d
}
