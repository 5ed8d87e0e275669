package report

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
)

// everybody is the one variant of shoppers who were in no experiment.
const everybody = "all"

// history is what an experiment's metrics would have been of the shoppers of
// its own shops, had it ended so long ago that they are ripe now.
type history struct {
	e     experiment.Experiment // moved there
	days  float64
	users []string
	// values are each shopper's numerator, denominator and covariate, by metric.
	values [][][3]float64
	// currencies are those that the shoppers' shops report in.
	currencies map[string]bool
}

// refused says why a metric's past has no number: nobody was handed over who
// could have been, or it would add up amounts of several currencies.
func (h history) refused(metric int) inference.Refusal {
	definition, _ := experiment.Define(h.e.Metrics[metric].Name)
	switch {
	case h.e.Metrics[metric].Name == experiment.HandoffRate && !h.measured(metric):
		return inference.NotMeasured
	case definition.Money && len(h.currencies) > 1:
		return inference.SeveralCurrencies
	}
	return inference.NotRefused
}

// numbers are a metric's columns of the units: numerator, denominator,
// covariate.
var numbers = map[string][3]string{
	experiment.ConversationToOrder:    {"ordered", "conversations", "0"},
	experiment.AddToCart:              {"carted", "conversations", "0"},
	experiment.RevenuePerConversation: {"conversation_revenue", "conversations", "0"},
	experiment.RevenuePerUser:         {"revenue", "1", "earlier_revenue"},
	experiment.RefundRate:             {"refunded_orders", "matured_orders", "0"},
	experiment.SlowReplyRate:          {"slow_replies", "replies", "0"},
	experiment.HandoffRate:            {"handed_off", "conversations", "0"},
	experiment.ConversationsPerUser:   {"conversations", "1", "earlier_conversations"},
}

// past reads at most so many shoppers, always the same ones.
func (x *Experiments) past(ctx context.Context, e experiment.Experiment, most int) (history, error) {
	span, ripe := e.PlannedEnd.Sub(e.Start), e.FinalAt().Sub(e.PlannedEnd)
	now := x.now().UTC().Truncate(time.Millisecond)
	h := history{e: e, days: span.Hours() / 24}
	h.e.PlannedEnd = now.Add(-ripe)
	h.e.Start = h.e.PlannedEnd.Add(-span)
	p := params(h.e, now)
	p["names"], p["most"] = []string{everybody}, most
	var columns []string
	for _, m := range e.Metrics {
		for _, column := range numbers[m.Name] {
			columns = append(columns, "toFloat64("+column+")")
		}
	}
	sql := "SELECT user_id, currency, " + strings.Join(columns, ", ") + " FROM (" + x.sql.Shoppers + ") ORDER BY cityHash64(shop_id, user_id), shop_id, user_id LIMIT {most:UInt64}"
	h.values, h.currencies = make([][][3]float64, len(e.Metrics)), map[string]bool{}
	err := each(ctx, x.db, "history", sql, p, func(c *cells) {
		h.users = append(h.users, c.text())
		if currency := c.text(); currency != "" {
			h.currencies[currency] = true
		}
		for i := range e.Metrics {
			h.values[i] = append(h.values[i], [3]float64{next[float64](c), next[float64](c), next[float64](c)})
		}
	})
	if err == nil {
		h.capped()
	}
	return h, err
}

// capped cuts money off at one quantile of all who paid.
func (h *history) capped() {
	for i, m := range h.e.Metrics {
		if definition, _ := experiment.Define(m.Name); !definition.Money || m.Cap >= 1 {
			continue
		}
		var all []float64
		for _, v := range h.values[i] {
			all = append(all, v[0])
		}
		most := inference.PooledCap(m.Cap, all)
		for n := range h.values[i] {
			h.values[i][n][0] = min(h.values[i][n][0], most)
		}
	}
}

// PlanRow says what one metric needs.
type PlanRow struct {
	Metric   string   `json:"metric"`
	Baseline *float64 `json:"baseline"`   // in the past of the shops
	MDE      float64  `json:"mde"`        // relative
	Units    *float64 `json:"units"`      // of all variants, to find it
	Days     *int     `json:"days"`       // whole weeks at the rate of the past
	MDEAtEnd *float64 `json:"mde_at_end"` // that the planned days find
	Refused  string   `json:"refused,omitempty"`
}

// PlanReport says how long an experiment has to run.
type PlanReport struct {
	Key         string    `json:"key"`
	From        time.Time `json:"from"` // of the past that it is read from
	To          time.Time `json:"to"`
	Shoppers    int       `json:"shoppers"`
	UnitsPerDay float64   `json:"units_per_day"`
	PlannedDays float64   `json:"planned_days"`
	Power       float64   `json:"power"`
	Level       float64   `json:"level"`
	Metrics     []PlanRow `json:"metrics"`
}

// allShoppers is more than any history has.
const allShoppers = math.MaxInt32

// Plan reads from the shops' past how many shoppers, and how many days, the
// planned effect takes. The smallest variant's comparison decides.
func (x *Experiments) Plan(ctx context.Context, e experiment.Experiment) (*PlanReport, error) {
	h, err := x.past(ctx, e, allShoppers)
	if err != nil {
		return nil, err
	}
	r := &PlanReport{Key: e.Key, From: h.e.Start, To: h.e.PlannedEnd, Shoppers: len(h.users), PlannedDays: h.days, Power: e.Power,
		UnitsPerDay: h.unitsPerDay(e), Level: inference.FinalLevel(e), Metrics: []PlanRow{}}
	for i, m := range e.Metrics {
		r.Metrics = append(r.Metrics, r.metric(e, m, h.values[i], h.refused(i)))
	}
	return r, nil
}

// unitsPerDay are the shoppers a day that the experiment will see of the
// past's: those covered, in the namespace's part, and outside the holdout,
// which three hashes decide independently.
func (h history) unitsPerDay(e experiment.Experiment) float64 {
	share := e.Coverage
	if n := e.Namespace; n != nil {
		share *= n.To - n.From
	}
	if e.Holdout != nil {
		share *= 1 - e.Holdout.Share
	}
	return share * float64(len(h.users)) / h.days
}

func (r *PlanReport) metric(e experiment.Experiment, m experiment.Metric, values [][3]float64, refused inference.Refusal) PlanRow {
	row := PlanRow{Metric: m.Name, MDE: m.MDE}
	var all inference.Moments
	for _, v := range values {
		all.Add(v[0], v[1], 0)
	}
	d, why := inference.Compare(all, all)
	if refused != inference.NotRefused {
		why = refused
	}
	if why != inference.NotRefused {
		row.Refused = string(why)
		return row
	}
	// Both arms are the same sample, so that SE^2 = 2 v / n.
	unit := d.SE * d.SE * float64(all.N) / 2
	control, least := e.Variants[e.Control()].Weight, 1.0
	for _, v := range e.Variants {
		if !v.Control {
			least = min(least, v.Weight)
		}
	}
	// With v / weight for a variance the units of an arm are those of all.
	units := inference.UnitsForMean(unit/control, unit/least, m.MDE*d.C, r.Level, e.Power)
	days := inference.WholeWeeks(inference.Days(units, 1, r.UnitsPerDay))
	atEnd := m.MDE * math.Sqrt(units/(r.UnitsPerDay*r.PlannedDays))
	row.Baseline, row.Units, row.Days, row.MDEAtEnd = &d.C, &units, &days, &atEnd
	return row
}

func (r *PlanReport) page(l Lang) page {
	s := section{columns: []string{l.say("metric", "指标"), l.say("baseline", "基线"), l.say("planned effect", "计划效果"), l.say("shoppers needed", "所需用户"), l.say("days", "天数"), l.say("effect found in the planned days", "计划天数可检出")}}
	for _, m := range r.Metrics {
		if m.Refused != "" {
			s.rows = append(s.rows, []string{l.of(inference.MetricName(m.Metric)), l.of(inference.Refusal(m.Refused).Sentence()), percent(&m.MDE), missing, missing, missing})
			continue
		}
		s.rows = append(s.rows, []string{l.of(inference.MetricName(m.Metric)), digits(m.Baseline), percent(&m.MDE), strconv.FormatFloat(math.Ceil(*m.Units), 'f', 0, 64), strconv.Itoa(*m.Days), percent(m.MDEAtEnd)})
	}
	s.notes = []string{fmt.Sprintf(l.say("read from %d shoppers between %s and %s; power %.0f %%, level %g", "依据 %d 名用户,%s 至 %s;功效 %.0f %%,显著性水平 %g"), r.Shoppers, moment8601(r.From), moment8601(r.To), 100*r.Power, r.Level)}
	return page{title: fmt.Sprintf(l.say("%s: planned for %.0f days, %.1f shoppers a day", "%s:计划 %.0f 天,每天 %.1f 名用户"), r.Key, r.PlannedDays, r.UnitsPerDay), sections: []section{s}}
}

func (r *PlanReport) sheet() [][]string {
	sheet := [][]string{{"experiment", "metric", "baseline", "mde", "units", "days", "mde_at_end", "refused"}}
	for _, m := range r.Metrics {
		days := ""
		if m.Days != nil {
			days = strconv.Itoa(*m.Days)
		}
		sheet = append(sheet, []string{r.Key, m.Metric, exact(m.Baseline), exact(&m.MDE), exact(m.Units), days, exact(m.MDEAtEnd), m.Refused})
	}
	return sheet
}
