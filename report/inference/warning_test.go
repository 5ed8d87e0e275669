package inference

import (
	"slices"
	"strings"
	"testing"

	"askbuy/internal/experiment"
)

func metric(name string, role experiment.Role) experiment.Metric {
	m := experiment.Metric{Name: name, Role: role, MDE: 0.1}
	if role == experiment.Guardrail {
		m.NIM = 0.05
	}
	return m
}

// Each warning is there when it should be, with its number, and not in the
// input that differs by its cause alone.
func TestWarnings(t *testing.T) {
	healthy := func() Input { return look(plain(), 14, 10_000, .1, .1) }
	money := metric(experiment.RevenuePerUser, experiment.Diagnostic)
	money.Cap = 0.99
	adjusted := metric(experiment.ConversationsPerUser, experiment.Diagnostic)
	adjusted.CUPED = true
	for _, c := range []struct {
		code    Code
		healthy Input
		cause   func(*Input)
		number  float64
	}{
		{WarnSRM, healthy(), func(in *Input) { in.Arms[0].Units = 12_000 }, analyse(t, func() Input {
			in := healthy()
			in.Arms[0].Units = 12_000
			return in
		}()).Health.SRMRunning},
		{WarnContaminated, healthy(), func(in *Input) { in.Arms[0].Contaminated = 200 }, 0.01},
		{WarnReplayMismatch, healthy(), func(in *Input) { in.Arms[0].Mismatched = 1 }, 1},
		{WarnPeeking, healthy(), func(in *Input) { in.Looks = 9 }, 9},
		{WarnFilter, healthy(), func(in *Input) { in.Filter = &Known{Name: "high intent"} }, 0},
		{WarnUnregistered, healthy(), func(in *Input) { in.Unknown = []Unknown{{"old", 7}} }, 7},
		{WarnPartialWeek, healthy(), func(in *Input) { in.Experiment.PlannedEnd = in.Experiment.PlannedEnd.Add(day) }, 29},
		{WarnPartialWeek, look(plain(), 14, 10_000, .1, .12), func(in *Input) { in.CutOff = in.CutOff.Add(day) }, 15},
		{WarnPipeline, func() Input {
			in := healthy()
			in.Pipeline = []Parity{{"late events", []Moments{rate(10_000, .01), rate(10_000, .011)}}}
			return in
		}(), func(in *Input) { in.Pipeline[0].Arms[1] = rate(10_000, .03) }, 0},
		{WarnDenominator, healthy(), func(in *Input) {
			for i := range in.Metrics[0].Arms {
				m := &in.Metrics[0].Arms[i]
				m.MeanDen, m.M2Den = 1+0.1*float64(i), 0.1*float64(m.N)
			}
		}, 0},
		{WarnImmature, healthy(), func(in *Input) { in.Metrics[0].Immature = []float64{0.05, 0.4} }, 0.4},
		{WarnInterference, healthy(), func(in *Input) {
			in.Experiment = plain(metric(experiment.HandoffRate, experiment.Guardrail))
			in.Metrics = append(in.Metrics, in.Metrics[0])
		}, 0.1},
		{WarnLowPower, look(plain(), 14, 20_000, .1, .1), func(in *Input) { *in = look(plain(), 14, 1000, .1, .1) }, 0},
		{WarnLiftUnbounded, healthy(), func(in *Input) {
			*in = with(look(plain(metric(experiment.AddToCart, experiment.Success)), 14, 10_000, .1, .1), .0001, .0002)
		}, 0.0001},
		{WarnTwyman, healthy(), func(in *Input) { *in = look(plain(), 14, 10_000, .1, .16) }, 0.6},
		{WarnRefused, healthy(), func(in *Input) { *in = look(plain(), 14, 10_000, 0, 0) }, 0},
		{WarnOutliers, func() Input {
			in := look(plain(money), 14, 10_000, .1, .1)
			in.Metrics[1].Raw, in.Metrics[1].Cap = in.Metrics[1].Arms, 900
			return in
		}(), func(in *Input) { in.Metrics[1].Raw = []Moments{rate(10_000, .1), rate(10_000, .12)} }, 0.02},
		{WarnOutliers, adjustedAndCapped(), func(in *Input) { in.Metrics[1].Raw[1].M2Num *= 1000 }, 0},
		{WarnCovariate, look(plain(adjusted), 14, 10_000, .1, .11), func(in *Input) { in.Metrics[1].Covariate = &Known{Name: "score"} }, 0},
		{WarnPreBias, func() Input {
			in := look(plain(adjusted), 14, 10_000, .1, .11)
			in.Metrics[1].Arms = slices.Clone(in.Metrics[1].Arms)
			in.Metrics[1].Covariate = &Known{"before", true}
			for i := range in.Metrics[1].Arms {
				in.Metrics[1].Arms[i].M2Pre = 10_000
			}
			return in
		}(), func(in *Input) { in.Metrics[1].Arms[1].MeanPre = 0.2 }, 0},
	} {
		if w := warned(t, c.healthy, c.code); len(w) != 0 {
			t.Errorf("%s without its cause: %+v", c.code, w)
		}
		c.cause(&c.healthy)
		w := warned(t, c.healthy, c.code)
		if len(w) == 0 {
			t.Errorf("%s: not there", c.code)
			continue
		}
		if c.number != 0 && !close(w[0].Number, c.number) {
			t.Errorf("%s: number %v, want %v", c.code, w[0].Number, c.number)
		}
		checkText(t, string(c.code), w[0].Sentence())
	}
}

// adjustedAndCapped is a look at money whose cap cuts nothing, and whose
// adjustment makes a difference where there was none.
func adjustedAndCapped() Input {
	in := look(plain(experiment.Metric{Name: experiment.RevenuePerUser, Role: experiment.Success, MDE: 0.1, Cap: 0.99, CUPED: true}), 14, 10_000, .1, .1)
	m := &in.Metrics[1]
	m.Arms = slices.Clone(m.Arms)
	for i := range m.Arms {
		m.Arms[i].M2Pre, m.Arms[i].CNumPre = 10_000, 2500
	}
	m.Arms[0].MeanPre, m.Cap, m.Covariate = 0.06, 900, &Known{"before", true}
	m.Raw = slices.Clone(m.Arms)
	return in
}

func warned(t *testing.T, in Input, code Code) []Warning {
	t.Helper()
	var found []Warning
	for _, w := range analyse(t, in).Warnings {
		if w.Code == code {
			found = append(found, w)
		}
	}
	return found
}

func checkText(t *testing.T, what string, text Text) {
	t.Helper()
	for _, s := range []string{text.EN, text.ZH} {
		if s == "" || strings.ContainsAny(s, "{}") {
			t.Errorf("%s: %q", what, s)
		}
	}
	if !strings.ContainsFunc(text.ZH, func(r rune) bool { return r >= 0x4e00 && r < 0xa000 }) {
		t.Errorf("%s: %q is not Chinese", what, text.ZH)
	}
}

// Everything that can be said has its words in both languages.
func TestTexts(t *testing.T) {
	for _, d := range experiment.Definitions() {
		checkText(t, d.Name, MetricName(d.Name))
	}
	for why := range reasonTexts {
		for decision := range decisionNames {
			checkText(t, string(why), Verdict{Decision: decision, Reason: why, Metric: experiment.RefundRate, Number: 0.04}.Sentence())
		}
	}
	for code := range warningTexts {
		w := Warning{Code: code, Variant: "treatment", Metric: experiment.RefundRate, Number: 0.04, Detail: "detail"}
		if code == WarnRefused {
			w.Detail = string(NoVariance)
		}
		checkText(t, string(code), w.Sentence())
	}
	for why := range refusalTexts {
		checkText(t, string(why), why.Sentence())
	}
}

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		text Text
		want Text
	}{
		{
			Verdict{Variant: "treatment", Decision: RollBack, Reason: Harm, Metric: experiment.RefundRate, Number: 0.123}.Sentence(),
			Text{"ROLL BACK - refund rate is worse by 12.3 %, beyond what chance explains at any number of looks", "回滚 - 「退款率」变差了 12.3 %，反复查看也无法用偶然解释"},
		},
		{
			Verdict{Decision: KeepRunning, Reason: NoBoundaryYet, Number: 12}.Sentence(),
			Text{"KEEP RUNNING - no decision boundary is crossed; the final look is in 12 days", "继续运行 - 尚未越过任何决策边界；距最终查看还有 12 天"},
		},
		{
			Warning{Code: WarnSRM, Variant: "treatment", Number: 0.00001234}.Sentence(),
			Text{"the sample ratio is off, most of all in treatment (p 1.2e-05): look for a redirect, a filter or a crash that one variant has, and begin again under a new key", "样本比例异常，偏差最大的是 treatment（p 1.2e-05）：检查该版本独有的跳转、过滤或崩溃，修复后换新 key 重新开始"},
		},
	} {
		if c.text != c.want {
			t.Errorf("%+v\nwant %+v", c.text, c.want)
		}
	}
}
