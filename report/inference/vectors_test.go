package inference

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"testing"
)

// vector is a published or independently computed case (testdata/LICENCES.md).
type vector struct {
	ID        string
	Method    string
	Input     json.RawMessage
	Expect    json.RawMessage
	Tolerance float64
}

// notBuilt are methods that askbuy does without, and why: later (announced for
// a later version), not at first (nobody missed it yet), or not ours (another
// method answers the same question).
var notBuilt = map[string]string{
	"normal_normal_relative":                   "later: Bayesian columns",
	"beta_binomial_exact":                      "later: Bayesian columns",
	"beta_binomial_jeffreys":                   "later: Bayesian columns",
	"expected_loss_normal":                     "later: Bayesian columns",
	"benjamini_hochberg":                       "later: exploratory metrics",
	"cuped_ratio_delta_relative":               "later: CUPED of ratios",
	"cuped_ratio_delta_relative+asymptotic_cs": "later: CUPED of ratios",
	"obrien_fleming_alpha_spending":            "not at first: group-sequential designs",
	"group_sequential_alpha_spending_t^2":      "not at first: group-sequential designs",
	"mann_whitney_u_asymptotic":                "not at first: it is not about means",
	"quantile_clustered_normal":                "not at first: slow replies are a rate",
	"quantile_effect_normal":                   "not at first: slow replies are a rate",
	"two_proportion_z_pooled":                  "not ours: the p-value and the interval of one test disagree; t on sample variances",
	"agresti_caffo_diff_ci":                    "not ours: for few conversions, which are not judged at all",
	"newcombe_hybrid_score_diff_ci":            "not ours: for few conversions, which are not judged at all",
	"k_sample_proportion_chi_square":           "not ours: arms are compared with the control, one by one, and Holm",
	"one_way_anova":                            "not ours: arms are compared with the control, one by one, and Holm",
	"statsig_documented_z_star":                "not ours: it does not hold at every look",
	"cuped_relative+asymptotic_cs":             "not ours: the lift is Fieller's, with the control's own covariance",
	"asymptotic_cs_one_sided":                  "not ours: sequences are two-sided, margins are held on the safe side",
	"power_two_sample_t":                       "not ours: power is normal theory, from 100 shoppers on the same",
}

var built = map[string]func(*testing.T, vector){
	"variance_of_difference":                vectorVariance,
	"welch_t_absolute":                      vectorAbsolute,
	"one_sided_t":                           vectorOneSided,
	"welch_t_relative_delta":                vectorRelative,
	"ratio_delta_relative":                  vectorRelative,
	"asymptotic_cs":                         vectorSequentialRelative,
	"ratio_delta_absolute+relative+fieller": vectorRatio,
	"fieller_relative_ci":                   vectorFieller,
	"cuped_theta_pooled":                    vectorTheta,
	"cuped_mean":                            vectorCUPED,
	"winsorise_pooled_p99_nonzero":          vectorCapped,
	"two_sided_normal_mixture":              vectorMixture,
	"asymptotic_cs_multiplier":              vectorMultiplier,
	"asymptotic_cs_path":                    vectorPath,
	"srm_chi_square":                        vectorChiSquare,
	"sequential_srm_dirichlet_multinomial":  vectorSequentialSRM,
	"holm":                                  vectorHolm,
	"holm+benjamini_hochberg":               vectorHolm,
	"power_two_sample_normal":               vectorPower,
	"power_relative_normal":                 vectorPowerWeeks,
	"power_relative_sequential":             vectorPowerWeeks,
	"sample_size_means":                     vectorUnitsForMean,
	"sample_size_two_proportions":           vectorUnitsForRate,
	"total_sample_size_two_arms":            vectorTotal,
	"days_to_run":                           vectorDays,
	"two_proportion_z_unpooled":             vectorRates,
	"wald_diff_ci":                          vectorRates,
	"msprt_normal_known_variance":           vectorKnownVariance,
	"mde_relative_normal":                   vectorMDE,
	"mde_relative_sequential":               vectorMDE,
	"additional_sample_scaling_factor":      vectorMoreUnits,
	"rule_of_thumb_16":                      vectorRuleOfThumb,
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("testdata/stats.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

func TestVectors(t *testing.T) {
	ran, left := 0, 0
	for _, v := range vectors(t) {
		check, ok := built[v.Method]
		if _, reason := notBuilt[v.Method]; ok == reason {
			t.Errorf("%s: method %s must be either built or said not to be", v.ID, v.Method)
		}
		if !ok {
			left++
			continue
		}
		ran++
		t.Run(v.ID, func(t *testing.T) { check(t, v) })
	}
	if ran != 50 || left != 26 {
		t.Errorf("%d cases ran and %d are of methods not built", ran, left)
	}
}

// near compares as the vectors' convention says.
func (v vector) near(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= v.Tolerance*max(1, math.Abs(want))) {
		t.Errorf("%s: %.12g, want %.12g", what, got, want)
	}
}

func (v vector) has(t *testing.T, values map[string]float64) {
	t.Helper()
	var expect map[string]any
	if err := json.Unmarshal(v.Expect, &expect); err != nil {
		t.Fatal(err)
	}
	matched := 0
	for name, got := range values {
		if want, ok := expect[name].(float64); ok {
			matched++
			v.near(t, name, got, want)
		}
	}
	if matched == 0 && len(expect) > 0 {
		t.Errorf("none of %v is expected: %v", values, expect)
	}
}

// sums are an arm as the vectors write it: plain sums, which only tests at
// small values can afford.
type sums struct {
	N              float64
	X              *float64
	Sum            float64
	SumSquares     float64 `json:"sum_squares"`
	NumSum         float64 `json:"num_sum"`
	NumSumSquares  float64 `json:"num_sum_squares"`
	DenSum         float64 `json:"den_sum"`
	DenSumSquares  float64 `json:"den_sum_squares"`
	NumDen         float64 `json:"num_den_sum_product"`
	PostSum        float64 `json:"post_sum"`
	PostSumSquares float64 `json:"post_sum_squares"`
	PreSum         float64 `json:"pre_sum"`
	PreSumSquares  float64 `json:"pre_sum_squares"`
	PostPre        float64 `json:"post_pre_sum_product"`
}

func (s sums) moments() Moments {
	m := Moments{N: int64(s.N), MeanDen: 1}
	switch {
	case s.X != nil: // a proportion: p(1-p) is the variance of a unit
		p := *s.X / s.N
		m.MeanNum, m.M2Num = p, p*(1-p)*(s.N-1)
	case s.DenSum != 0:
		m.MeanNum, m.M2Num = s.NumSum/s.N, s.NumSumSquares-s.NumSum*s.NumSum/s.N
		m.MeanDen, m.M2Den = s.DenSum/s.N, s.DenSumSquares-s.DenSum*s.DenSum/s.N
		m.CNumDen = s.NumDen - s.NumSum*s.DenSum/s.N
	default:
		sum, squares := s.Sum+s.PostSum, s.SumSquares+s.PostSumSquares
		m.MeanNum, m.M2Num = sum/s.N, squares-sum*sum/s.N
		m.MeanPre, m.M2Pre = s.PreSum/s.N, s.PreSumSquares-s.PreSum*s.PreSum/s.N
		m.CNumPre = s.PostPre - sum*s.PreSum/s.N
	}
	return m
}

func input[T any](t *testing.T, v vector) T {
	t.Helper()
	var in T
	if err := json.Unmarshal(v.Input, &in); err != nil {
		t.Fatal(err)
	}
	return in
}

func expect[T any](t *testing.T, v vector) T {
	t.Helper()
	var want T
	if err := json.Unmarshal(v.Expect, &want); err != nil {
		t.Fatal(err)
	}
	return want
}

type arms struct{ A, B sums }

func compared(t *testing.T, v vector) Difference {
	t.Helper()
	in := input[arms](t, v)
	return difference(t, in.A.moments(), in.B.moments())
}

func difference(t *testing.T, c, treated Moments) Difference {
	t.Helper()
	d, why := Compare(c, treated)
	if why != NotRefused {
		t.Fatal(why)
	}
	return d
}

func vectorVariance(t *testing.T, v vector) {
	in := input[map[string]float64](t, v)
	arm := func(name string) Moments {
		return Sample{N: int64(in["n_"+name]), MeanNum: in["mean_"+name], MeanDen: 1, VarNum: in["var_"+name]}.Moments()
	}
	d := difference(t, arm("a"), arm("b"))
	v.has(t, map[string]float64{"absolute": d.SE * d.SE, "relative": relative(d) * relative(d)})
}

// relative is the standard error of the lift by the delta method, which askbuy
// does not use but which most published cases test.
func relative(d Difference) float64 {
	treated := d.SE*d.SE - d.BaseVar
	return math.Sqrt(treated/(d.C*d.C) + d.BaseVar*d.T*d.T/math.Pow(d.C, 4))
}

func vectorAbsolute(t *testing.T, v vector) {
	d := compared(t, v)
	v.has(t, map[string]float64{"est": d.Diff, "se": d.SE, "dof": d.DOF, "p": d.P()})
}

func vectorOneSided(t *testing.T, v vector) {
	d := compared(t, v)
	est, se := d.Diff, d.SE
	p, bound := upper(est/se, d.DOF), est-critical(0.1, d.DOF)*se
	if v.ID == "gb-onesided-lesser-relative" {
		est, se = d.Diff/d.C, relative(d)
		p, bound = upper(-est/se, d.DOF), est+critical(0.1, d.DOF)*se
	}
	v.has(t, map[string]float64{"est": est, "se": se, "p": p, "bound": bound})
}

func vectorRelative(t *testing.T, v vector) {
	d := compared(t, v)
	est, se := d.Diff/d.C, relative(d)
	v.has(t, map[string]float64{"est": est, "se": se, "p": twoSided(est/se, d.DOF)})
	half := critical(0.05, d.DOF) * se
	ends := expect[struct{ CI []float64 }](t, v).CI
	v.near(t, "lower end", est-half, ends[0])
	v.near(t, "upper end", est+half, ends[1])
}

func vectorSequentialRelative(t *testing.T, v vector) {
	d := compared(t, v)
	in := input[arms](t, v)
	m := Mixture{Alpha: 0.05, NStar: 5000}
	est, se, n := d.Diff/d.C, relative(d), in.A.N+in.B.N
	v.has(t, map[string]float64{"est": est, "se": se, "p": m.P(est/se, n)})
	ends := expect[struct{ CI []float64 }](t, v).CI
	v.near(t, "lower end", est-m.Multiplier(n)*se, ends[0])
	v.near(t, "upper end", est+m.Multiplier(n)*se, ends[1])
}

func vectorRatio(t *testing.T, v vector) {
	d := compared(t, v)
	in := input[arms](t, v)
	want := expect[struct {
		Absolute struct {
			Est, SE, DOF, P float64
			CI              []float64
		}
		Fieller []float64 `json:"relative_fieller_ci"`
	}](t, v)
	varA, _ := unitVariance(in.A.moments())
	v.has(t, map[string]float64{"mean_a": d.C, "mean_b": d.T, "var_a": varA})
	v.near(t, "difference", d.Diff, want.Absolute.Est)
	v.near(t, "standard error", d.SE, want.Absolute.SE)
	v.near(t, "degrees of freedom", d.DOF, want.Absolute.DOF)
	v.near(t, "p", d.P(), want.Absolute.P)
	crit := critical(0.05, d.DOF)
	lo, hi := d.Interval(crit)
	v.near(t, "lower end", lo, want.Absolute.CI[0])
	v.near(t, "upper end", hi, want.Absolute.CI[1])
	lo, hi, _ = d.LiftInterval(crit)
	v.near(t, "lower lift", lo, want.Fieller[0])
	v.near(t, "upper lift", hi, want.Fieller[1])
}

func vectorFieller(t *testing.T, v vector) {
	d := compared(t, v)
	lift, _ := d.Lift()
	v.has(t, map[string]float64{"p": d.P(), "dof": d.DOF, "lift": lift})
	lo, hi, _ := d.LiftInterval(critical(0.05, d.DOF))
	ends := expect[struct {
		CI []float64 `json:"fieller_ci"`
	}](t, v).CI
	v.near(t, "lower lift", lo, ends[0])
	v.near(t, "upper lift", hi, ends[1])
}

func vectorTheta(t *testing.T, v vector) {
	in := input[struct{ Post, Pre []float64 }](t, v)
	var m Moments
	for i, post := range in.Post {
		m.Add(post, 1, in.Pre[i])
	}
	d, why := CompareAdjusted(m, m)
	if why != NotRefused {
		t.Fatal(why)
	}
	v.has(t, map[string]float64{"theta": d.Theta})
}

func vectorCUPED(t *testing.T, v vector) {
	in := input[arms](t, v)
	d, why := CompareAdjusted(in.A.moments(), in.B.moments())
	if why != NotRefused {
		t.Fatal(why)
	}
	lift, _ := d.Lift()
	v.has(t, map[string]float64{"theta": d.Theta, "diff": d.Diff, "se": d.SE, "rel": lift, "dof": d.DOF, "variance_reduction": d.Saved})
}

func vectorCapped(t *testing.T, v vector) {
	in := input[map[string]json.RawMessage](t, v)
	arm := func(name string) Moments {
		var s sums
		if err := json.Unmarshal(in[name], &s); err != nil {
			t.Fatal(err)
		}
		return s.moments()
	}
	type test struct{ Est, SE, DOF, P float64 }
	want := expect[struct{ Uncapped, Capped test }](t, v)
	for name, w := range map[string]test{"raw": want.Uncapped, "capped": want.Capped} {
		d := difference(t, arm(name+"_a"), arm(name+"_b"))
		v.near(t, name+" difference", d.Diff, w.Est)
		v.near(t, name+" standard error", d.SE, w.SE)
		v.near(t, name+" degrees of freedom", d.DOF, w.DOF)
		v.near(t, name+" p", d.P(), w.P)
	}
}

func vectorMixture(t *testing.T, v vector) {
	m := Mixture{Alpha: 0.05, NStar: 100}
	v.has(t, map[string]float64{"rho": 1 / m.rho2(), "bound": m.Multiplier(100) * 10})
}

func vectorMultiplier(t *testing.T, v vector) {
	in := input[map[string]float64](t, v)
	m := Mixture{Alpha: in["alpha"], NStar: in["n_star"]}
	multiplier := m.Multiplier(in["n"])
	v.has(t, map[string]float64{"multiplier": multiplier, "p_at_z3": m.P(3, in["n"]), "p_at_multiplier": m.P(multiplier, in["n"])})
}

func vectorPath(t *testing.T, v vector) {
	in := input[struct {
		Snapshots []struct {
			NA int64   `json:"n_a"`
			XA float64 `json:"x_a"`
			NB int64   `json:"n_b"`
			XB float64 `json:"x_b"`
		}
	}](t, v)
	want := expect[struct {
		Path []struct {
			P float64 `json:"p_always_valid_running"`
		}
	}](t, v)
	m, least := Mixture{Alpha: 0.05, NStar: 5000}, 1.0
	for i, s := range in.Snapshots {
		d := difference(t, sums{N: float64(s.NA), X: &s.XA}.moments(), sums{N: float64(s.NB), X: &s.XB}.moments())
		least = min(least, m.P(d.statistic(), float64(s.NA+s.NB)))
		v.near(t, "running p", least, want.Path[i].P)
	}
}

func vectorChiSquare(t *testing.T, v vector) {
	in := input[struct {
		Counts  []int64
		Weights []float64
	}](t, v)
	statistic, p := chiSquare(in.Counts, in.Weights)
	v.has(t, map[string]float64{"chi2": statistic, "p": p})
	if v.ID == "srm-statsig-doc" && !(p < 1e-20) {
		t.Errorf("p %v", p)
	}
}

func vectorSequentialSRM(t *testing.T, v vector) {
	in := input[struct {
		Counts        []int64
		Data          [][]int64
		P0            []float64 `json:"p0"`
		Prior         []float64 `json:"dirichlet_alpha"`
		Concentration float64
	}](t, v)
	if in.Counts != nil {
		prior := []float64{in.Concentration * in.P0[0], in.Concentration * in.P0[1]}
		log := srmLogBayes(in.Counts, in.P0, prior)
		v.has(t, map[string]float64{"log_bayes_factor": log, "p": min(1, math.Exp(-log))})
		return
	}
	want := expect[struct {
		Log []float64 `json:"log_bayes_factor"`
	}](t, v)
	counts := make([]int64, len(in.P0))
	for i, batch := range in.Data {
		for arm, n := range batch {
			counts[arm] += n
		}
		v.near(t, "log Bayes factor", srmLogBayes(counts, in.P0, in.Prior), want.Log[i])
	}
}

func vectorHolm(t *testing.T, v vector) {
	p := input[struct{ P []float64 }](t, v).P
	want := expect[struct {
		Sorted []float64 `json:"adjusted_sorted"`
		Holm   []float64
	}](t, v)
	got := Holm(p)
	if want.Sorted != nil {
		slices.Sort(got)
		want.Holm = want.Sorted
	}
	for i := range want.Holm {
		v.near(t, "adjusted p", got[i], want.Holm[i])
	}
}

func vectorPower(t *testing.T, v vector) {
	in := input[map[string]float64](t, v)
	se := math.Sqrt(2 / in["n_per_arm"])
	v.has(t, map[string]float64{"power": Power(in["effect_size"], se, critical(in["alpha"], math.Inf(1)))})
}

// vectorPowerWeeks tests the power function on standard errors of the relative
// test, as the published table has them.
func vectorPowerWeeks(t *testing.T, v vector) {
	in := input[struct {
		NStar float64 `json:"n_star"`
	}](t, v)
	want := expect[struct{ Power []float64 }](t, v).Power
	for i, power := range want {
		n := float64(1500 * (i/2 + 1)) // 4,500 a week in three arms
		mean, variance, effect := 0.1, 0.09, 0.05
		if i%2 == 1 {
			variance, effect = 0.5, 0.3
		}
		se := math.Sqrt(variance/(n*mean*mean) + variance*(1+effect)*(1+effect)/(n*mean*mean))
		crit := critical(0.05, math.Inf(1))
		if in.NStar > 0 {
			crit, se = quantile(0.975), se*Mixture{Alpha: 0.05, NStar: in.NStar}.Multiplier(2*n)/quantile(0.975)
		}
		v.near(t, "power", Power(effect, se, crit), power)
	}
}

func vectorUnitsForMean(t *testing.T, v vector) {
	in := input[map[string]float64](t, v)
	variance := in["sigma"] * in["sigma"]
	v.has(t, map[string]float64{"n": UnitsForMean(variance, variance, in["mde_relative"]*in["baseline"], in["alpha"], in["power"])})
}

func vectorUnitsForRate(t *testing.T, v vector) {
	in := input[map[string]float64](t, v)
	v.has(t, map[string]float64{"n": UnitsForRate(in["baseline"], in["baseline"]+in["mde_absolute"], in["alpha"], in["power"])})
}

func vectorTotal(t *testing.T, v vector) {
	in := input[map[string]float64](t, v)
	n := 2 * UnitsForMean(in["variance"], in["variance"], in["mde"], in["alpha"], in["power"])
	if rate, ok := in["baseline"]; ok {
		n = 2 * UnitsForRate(rate, rate+in["mde"], in["alpha"], in["power"])
	}
	v.has(t, map[string]float64{"n_total": n})
}

func vectorDays(t *testing.T, v vector) {
	in := input[map[string]float64](t, v)
	n := UnitsForRate(in["baseline"], in["baseline"]*(1+in["relative_mde"]), in["alpha"], in["power"])
	saved := n * (1 - in["cuped_rho"]*in["cuped_rho"])
	days := func(n float64) float64 { return float64(Days(n, int(in["arms"]), in["users_per_day"])) }
	v.has(t, map[string]float64{"n_per_arm": n, "days": days(n), "n_per_arm_cuped": saved, "days_cuped": days(saved)})
}

// vectorRates has the variance of a rate for a unit's, and no degrees of
// freedom: what a t test tends to.
func vectorRates(t *testing.T, v vector) {
	in := input[struct {
		A, B           sums
		X1, N1, X2, N2 float64
	}](t, v)
	if in.N1 > 0 {
		in.B, in.A = sums{N: in.N1, X: &in.X1}, sums{N: in.N2, X: &in.X2}
	}
	d := difference(t, in.A.moments(), in.B.moments())
	d.DOF = math.Inf(1)
	if len(v.Method) > len("wald_diff_ci") {
		v.has(t, map[string]float64{"z": d.statistic(), "p": d.P()})
	}
	ends := expect[struct{ CI []float64 }](t, v).CI
	lo, hi := d.Interval(critical(0.05, d.DOF))
	v.near(t, "lower end", lo, ends[0])
	v.near(t, "upper end", hi, ends[1])
}

// vectorKnownVariance is Johari's test: the mixture whose prior variance is
// tau^2, which a choice of NStar gives.
func vectorKnownVariance(t *testing.T, v vector) {
	in := input[struct{ Diff, V, Tau2, Alpha float64 }](t, v)
	m := Mixture{Alpha: in.Alpha, NStar: 1}
	m.NStar = m.rho2() / (in.Tau2 / in.V)
	v.has(t, map[string]float64{"p": m.P(in.Diff/math.Sqrt(in.V), 1)})
}

// vectorMDE is of the relative test, whose standard error grows with the
// effect: the effect that equals its own MDE.
func vectorMDE(t *testing.T, v vector) {
	in := input[struct {
		Mean, Variance, Power, Alpha float64
		Units                        float64 `json:"n_total"`
		Variations                   float64
		NStar                        float64 `json:"n_star"`
	}](t, v)
	n := in.Units / in.Variations
	crit, wider := critical(in.Alpha, math.Inf(1)), 1.0
	if in.NStar > 0 {
		wider = Mixture{Alpha: in.Alpha, NStar: in.NStar}.Multiplier(2*n) / crit
	}
	effect := 0.0
	for range 100 {
		se := wider * math.Sqrt(in.Variance/n*(1+(1+effect)*(1+effect))/(in.Mean*in.Mean))
		effect = MDE(se, crit, in.Power)
	}
	v.has(t, map[string]float64{"mde": effect})
}

func vectorMoreUnits(t *testing.T, v vector) {
	in := input[struct {
		A, B         sums
		MDE          float64 `json:"target_mde"`
		Power, Alpha float64
	}](t, v)
	a, b := in.A.moments(), in.B.moments()
	se, n := relative(difference(t, a, b)), float64(a.N+b.N)
	fixed := func(float64) float64 { return critical(in.Alpha, math.Inf(1)) }
	sequential := Mixture{Alpha: in.Alpha, NStar: 5000}.Multiplier // which the vector leaves unsaid
	for name, crit := range map[string]func(float64) float64{"fixed": fixed, "sequential": sequential} {
		v.has(t, map[string]float64{name: UnitsFactor(in.MDE, se, n, in.Power, crit) - 1})
	}
}

func vectorRuleOfThumb(t *testing.T, v vector) {
	in := input[struct {
		Baseline float64
		MDE      float64 `json:"relative_mde"`
	}](t, v)
	variance := in.Baseline * (1 - in.Baseline)
	v.has(t, map[string]float64{"exact_z": UnitsForMean(variance, variance, in.MDE*in.Baseline, 0.05, 0.8)})
}
