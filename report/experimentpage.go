package report

import (
	"fmt"
	"strconv"
	"time"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
)

// of is a text in a language.
func (l Lang) of(t inference.Text) string { return l.say(t.EN, t.ZH) }

func (r *ExperimentReport) page(l Lang) page {
	p := page{title: fmt.Sprintf(l.say("%s: day %d of %d, mode %s", "%s:第 %d 天 / 共 %d 天,模式 %s"), r.Key, r.Day, r.Days, r.Mode)}
	if r.Final {
		p.title += l.say(", final look", ",最终查看")
	}
	verdict := section{title: l.say("Verdict", "结论")}
	for _, v := range r.Verdicts {
		verdict.rows = append(verdict.rows, []string{v.Variant, l.of(v.Sentence())})
	}
	p.sections = append(p.sections, verdict, healthSection(r.Health, l), r.metrics(l), r.intervals(l))
	if r.Look != "" {
		p.sections = append(p.sections, section{notes: []string{fmt.Sprintf(l.say("snapshot %q of %s; recompute it with askbuy experiment replay", "快照 %q,时间 %s;可用 askbuy experiment replay 复算"), r.Look, moment8601(r.SnapshotAt))}})
	}
	return withWarnings(p, r.Warnings, l)
}

func moment8601(at time.Time) string { return at.UTC().Format("2006-01-02 15:04:05 UTC") }

func withWarnings(p page, warnings []inference.Warning, l Lang) page {
	if len(warnings) == 0 {
		return p
	}
	s := section{title: l.say("Before you believe it", "采信之前")}
	for _, w := range warnings {
		s.notes = append(s.notes, string(w.Code)+": "+l.of(w.Sentence()))
	}
	p.sections = append(p.sections, s)
	return p
}

func healthSection(h inference.Health, l Lang) section {
	return section{title: l.say("Validity", "有效性"), rows: [][]string{
		{l.say("shoppers", "用户"), integer(h.Units)},
		{l.say("of them contaminated", "其中跨组"), integer(h.Contaminated)},
		{l.say("exposures replayed, mismatched", "曝光复算、不一致"), integer(h.Replayed) + ", " + integer(h.Mismatched)},
		{l.say("sample ratio, sequential p", "样本比例,序贯 p"), digits(&h.SRMRunning)},
		{l.say("sample ratio, chi-square p (final look)", "样本比例,卡方 p(最终查看)"), digits(&h.SRMP)},
	}}
}

func (r *ExperimentReport) metrics(l Lang) section {
	s := section{title: l.say("Metrics", "指标"), columns: []string{l.say("metric", "指标"), l.say("role", "作用"), l.say("variant", "版本"),
		l.say("control", "对照"), l.say("treatment", "实验"), l.say("lift", "相对提升"), l.say("interval of the lift", "提升区间"), l.say("always-valid p", "始终有效 p"), "n"}}
	for _, x := range r.Results {
		if x.Refused != inference.NotRefused && x.ValueC == nil {
			s.rows = append(s.rows, []string{l.of(inference.MetricName(x.Metric)), l.role(x.Role), x.Variant, missing, missing, missing, l.of(x.Refused.Sentence()), missing, integer(x.NC) + " / " + integer(x.NT)})
			continue
		}
		s.rows = append(s.rows, []string{l.of(inference.MetricName(x.Metric)), l.role(x.Role), x.Variant, digits(x.ValueC), digits(x.ValueT), percent(x.Lift),
			spanned(percent, x.LiftLo, x.LiftHi), digits(x.PAlwaysValid), integer(x.NC) + " / " + integer(x.NT)})
	}
	return s
}

func (r *ExperimentReport) intervals(l Lang) section {
	s := section{title: l.say("Decision", "决策"), columns: []string{l.say("metric", "指标"), l.say("variant", "版本"), l.say("difference", "差值"), l.say("decision interval", "决策区间"),
		l.say("p of one look", "单次 p"), l.say("guardrail", "护栏"), l.say("smallest effect now", "当前可检出"), l.say("days left", "还需天数")}}
	for _, x := range r.Results {
		if x.Diff == nil {
			continue
		}
		left := missing
		if x.DaysLeft != nil {
			left = strconv.Itoa(*x.DaysLeft)
		}
		s.rows = append(s.rows, []string{l.of(inference.MetricName(x.Metric)), x.Variant, digits(x.Diff), spanned(digits, x.DecisionLo, x.DecisionHi), digits(x.PFixed),
			l.guard(x.Guardrail), percent(x.MDE), left})
	}
	if !r.Final && r.Mode != string(experiment.Fixed) {
		s.notes = append(s.notes, l.say("p and interval of one look are shown at the final look only: whoever stops on them earlier is wrong too often", "单次检验的 p 与区间只在最终查看时显示:提前据此停止会频繁误判"))
	}
	return s
}

func (l Lang) role(r experiment.Role) string {
	return map[experiment.Role]string{experiment.Success: l.say("success", "成功"), experiment.Guardrail: l.say("guardrail", "护栏"),
		experiment.Deterioration: l.say("deterioration", "防恶化"), experiment.Diagnostic: l.say("diagnostic", "诊断")}[r]
}

func (l Lang) guard(g inference.Guard) string {
	switch g {
	case inference.NonInferior:
		return l.say("within its margin", "在容许范围内")
	case inference.Undecided:
		return l.say("undecided", "未定")
	}
	return missing
}

// digits shows a number to four digits.
func digits(v *float64) string {
	if v == nil {
		return missing
	}
	return strconv.FormatFloat(*v, 'g', 4, 64)
}

func spanned(show func(*float64) string, lo, hi *float64) string {
	if lo == nil || hi == nil {
		return missing
	}
	return "[" + show(lo) + ", " + show(hi) + "]"
}

func (r *ExperimentReport) sheet() [][]string {
	sheet := [][]string{{"experiment", "snapshot_at", "is_final", "metric", "role", "variant", "control", "verdict", "reason", "refused", "n_c", "n_t", "value_c", "value_t", "diff", "se",
		"p_fixed", "ci_lo", "ci_hi", "lift", "lift_lo", "lift_hi", "p_always_valid", "p_always_valid_running", "seq_lo", "seq_hi", "decision_lo", "decision_hi", "p_adjusted", "cap", "srm_p", "guardrail"}}
	for _, x := range r.Results {
		v := r.verdict(x.Variant)
		row := []string{r.Key, r.SnapshotAt.UTC().Format(time.RFC3339Nano), strconv.FormatBool(r.Final), x.Metric, string(x.Role), x.Variant, x.Control, string(v.Decision), string(v.Reason), string(x.Refused), integer(x.NC), integer(x.NT)}
		for _, n := range []*float64{x.ValueC, x.ValueT, x.Diff, x.SE, x.PFixed, x.CILo, x.CIHi, x.Lift, x.LiftLo, x.LiftHi, x.PAlwaysValid, x.PAlwaysValidRunning,
			x.SeqLo, x.SeqHi, x.DecisionLo, x.DecisionHi, x.PAdjusted, x.Cap, &r.Health.SRMRunning} {
			row = append(row, exact(n))
		}
		sheet = append(sheet, append(row, string(x.Guardrail)))
	}
	return sheet
}

func (r *HealthReport) page(l Lang) page {
	title := l.say(": nothing keeps it from being believed", ":没有发现问题")
	if r.Invalid {
		title = l.say(": INVALID", ":无效")
	}
	return withWarnings(page{title: r.Key + title, sections: []section{healthSection(r.Health, l)}}, r.Warnings, l)
}

func (r *HealthReport) sheet() [][]string {
	h := r.Health
	sheet := [][]string{{"experiment", "check", "variant", "metric", "number", "detail"}}
	for _, row := range []struct {
		check  string
		number float64
	}{{"units", float64(h.Units)}, {"contaminated", float64(h.Contaminated)}, {"replayed", float64(h.Replayed)}, {"mismatched", float64(h.Mismatched)}, {"srm_p", h.SRMRunning}, {"srm_chi2_p", h.SRMP}} {
		sheet = append(sheet, []string{r.Key, row.check, "", "", exact(&row.number), ""})
	}
	for _, w := range r.Warnings {
		sheet = append(sheet, []string{r.Key, string(w.Code), w.Variant, w.Metric, exact(&w.Number), w.Detail})
	}
	return sheet
}

func (r *ReplayReport) page(l Lang) page {
	s := section{columns: []string{l.say("snapshot", "快照"), l.say("of", "时间"), l.say("engine", "引擎版本"), l.say("recomputed", "复算")}}
	for _, x := range r.Snapshots {
		s.rows = append(s.rows, []string{x.Look, moment8601(x.At), strconv.Itoa(x.Engine), map[bool]string{true: l.say("equal", "一致"), false: l.say("DIFFERS", "不一致")}[x.Equal]})
	}
	return page{title: fmt.Sprintf(l.say("%s: %d of %d snapshots follow from their stored input bit by bit", "%s:%d / %d 个快照可由存储的输入逐位复算"), r.Key, len(r.Snapshots)-r.Differ, len(r.Snapshots)), sections: []section{s}}
}

func (r *ReplayReport) sheet() [][]string {
	sheet := [][]string{{"experiment", "look", "snapshot_at", "engine_version", "equal"}}
	for _, x := range r.Snapshots {
		sheet = append(sheet, []string{r.Key, x.Look, x.At.Format(time.RFC3339Nano), strconv.Itoa(x.Engine), strconv.FormatBool(x.Equal)})
	}
	return sheet
}
