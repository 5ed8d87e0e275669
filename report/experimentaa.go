package report

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
)

// AAReport says how often an experiment decides where there is nothing to find.
type AAReport struct {
	Key      string         `json:"key"`
	From     time.Time      `json:"from"`
	To       time.Time      `json:"to"`
	Shoppers int            `json:"shoppers"`
	Runs     int            `json:"runs"`
	Rejected Rate           `json:"rejected"` // decided SHIP or ROLL BACK
	Verdicts map[string]int `json:"verdicts"`
}

// mostShoppers bounds what an A/A run shares out each time.
const mostShoppers = 20_000

// AA shares the shoppers of the past out among the variants by new seeds, runs
// times, and takes the final look at each: whatever is found is an error.
func (x *Experiments) AA(ctx context.Context, e experiment.Experiment, runs int) (*AAReport, error) {
	if runs < 1 || runs > 100_000 {
		return nil, fmt.Errorf("A/A of experiment %q: %d runs: want 1 to 100000", e.Key, runs)
	}
	h, err := x.past(ctx, e, mostShoppers)
	if err != nil {
		return nil, err
	}
	r := &AAReport{Key: e.Key, From: h.e.Start, To: h.e.PlannedEnd, Shoppers: len(h.users), Runs: runs, Verdicts: map[string]int{}}
	rejected := int64(0)
	for run := range runs {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		a, err := inference.Analyse(h.shared(e.Seed + "/aa/" + strconv.Itoa(run)))
		if err != nil {
			return nil, err
		}
		decision := a.Verdicts[0].Decision
		for _, v := range a.Verdicts {
			if v.Decision == inference.Ship || v.Decision == inference.RollBack {
				decision = v.Decision
			}
		}
		r.Verdicts[string(decision)]++
		if decision == inference.Ship || decision == inference.RollBack {
			rejected++
		}
	}
	r.Rejected = newRate(rejected, int64(runs))
	return r, nil
}

// measured says whether anybody has anything of a metric.
func (h history) measured(metric int) bool {
	return slices.ContainsFunc(h.values[metric], func(v [3]float64) bool { return v[0] != 0 })
}

// shared is the input of a final look, had this seed assigned the shoppers.
func (h history) shared(seed string) inference.Input {
	in := inference.Input{Experiment: h.e, CutOff: h.e.FinalAt(), Arms: make([]inference.Arm, len(h.e.Variants))}
	for i, m := range h.e.Metrics {
		measured := inference.Measured{Arms: make([]inference.Moments, len(h.e.Variants)), Converted: make([]int64, len(h.e.Variants))}
		if m.CUPED {
			measured.Covariate = &inference.Known{Name: "before", BeforeExposure: true}
		}
		if why := h.refused(i); why != inference.NotRefused {
			measured = inference.Measured{Refused: why}
		}
		in.Metrics = append(in.Metrics, measured)
	}
	everyone := h.e
	everyone.Coverage = 1
	ranges := everyone.Ranges()
	for n, user := range h.users {
		bucket, _ := experiment.Bucket(experiment.HashVersion, seed, user)
		arm := experiment.Choose(bucket, ranges)
		if arm < 0 { // weights that add up to a little less than 1
			continue
		}
		in.Arms[arm].Units++
		for i := range in.Metrics {
			if in.Metrics[i].Refused != inference.NotRefused {
				continue
			}
			v := h.values[i][n]
			in.Metrics[i].Arms[arm].Add(v[0], v[1], v[2])
			if v[0] > 0 {
				in.Metrics[i].Converted[arm]++
			}
		}
	}
	return in
}

func (r *AAReport) page(l Lang) page {
	s := section{rows: [][]string{
		{l.say("A/A runs", "A/A 次数"), strconv.Itoa(r.Runs)},
		{l.say("shoppers shared out in each", "每次参与的用户"), strconv.Itoa(r.Shoppers)},
		{l.say("decided although there is nothing (SHIP or ROLL BACK)", "无差异却下结论(上线或回滚)"), l.rate(r.Rejected)},
	}}
	v := section{columns: []string{l.say("verdict", "结论"), l.say("runs", "次数")}}
	for _, d := range []inference.Decision{inference.Invalid, inference.NotEnoughData, inference.RollBack, inference.Ship, inference.Review, inference.NoMeaningfulEffect, inference.Inconclusive} {
		if n := r.Verdicts[string(d)]; n > 0 {
			v.rows = append(v.rows, []string{l.of(d.Name()), strconv.Itoa(n)})
		}
	}
	title := fmt.Sprintf(l.say("%s: own history from %s to %s, assigned anew by other seeds", "%s:自有历史 %s 至 %s,以新种子重新分流"), r.Key, moment8601(r.From), moment8601(r.To))
	return page{title: title, sections: []section{s, v}}
}

func (r *AAReport) sheet() [][]string {
	sheet := [][]string{{"experiment", "verdict", "runs"}}
	for _, d := range []inference.Decision{inference.Invalid, inference.NotEnoughData, inference.RollBack, inference.Ship, inference.Review, inference.NoMeaningfulEffect, inference.Inconclusive} {
		sheet = append(sheet, []string{r.Key, string(d), strconv.Itoa(r.Verdicts[string(d)])})
	}
	return sheet
}
