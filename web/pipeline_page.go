package web

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	dto "github.com/prometheus/client_model/go"

	"askbuy/web/questions"
)

// pipelinePage says whether everything is well, and what became of every
// record.
func pipelinePage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	ledger, err := d.ask(ctx, v, "ledger")
	if err != nil {
		return nil, err
	}
	freshness, err := d.ask(ctx, v, "freshness")
	if err != nil {
		return nil, err
	}
	reasons, err := d.ask(ctx, v, "dead_letter_reasons")
	if err != nil {
		return nil, err
	}
	process, err := d.processFigure(v)
	if err != nil {
		return nil, err
	}
	return figures{Intro: v.t("pipeline.intro"), Figures: []figure{
		ledgerFigure(v, ledger), freshnessFigure(v, freshness), process, reasonsFigure(v, reasons),
	}}, nil
}

// ledgerColumns are what a record may have become; those of the second kind
// have no row yet that could be shown.
var (
	ledgerColumns = []string{"stored", "duplicate", "conflict", "quarantined", "erased"}
	ledgerGaps    = []string{"in_flight", "unexplained"}
)

// ledgerFigure ends with the sum of all, in which nothing may be unexplained.
// Each cell leads to its records.
func ledgerFigure(v *visit, a *answer) figure {
	columns := slices.Concat([]string{"records"}, ledgerColumns, ledgerGaps)
	f := figure{ID: "ledger", Title: v.t("pipeline.ledger"), Note: v.t("pipeline.ledger.note"), Table: a.table(v, append([]string{"topic", "source"}, columns...)...)}
	if len(a.Rows) == 0 {
		f.Table.None = "pipeline.ledger.none"
		f.take(a, v)
		return f
	}
	total := map[string]int64{}
	for row, cells := range f.Table.Rows {
		gaps := a.count(row, "in_flight") + a.count(row, "unexplained")
		if a.text(row, "source") == "" {
			cells[1].Text = v.t("pipeline.unread")
		}
		for i, column := range columns {
			total[column] += a.count(row, column)
			if n := a.count(row, column); n == 0 && a.text(row, "source") == "" && !slices.Contains(ledgerGaps, column) {
				cells[2+i] = digits(nothing) // what nobody has read has become nothing yet
				continue
			}
			cells[2+i] = ledgerCell(v, column, a.count(row, column), gaps, "topic", a.text(row, "topic"), "source", orNone(a.text(row, "source")))
		}
	}
	sums := []cell{words(v.t("pipeline.total")), words("")}
	for _, column := range columns {
		sums = append(sums, ledgerCell(v, column, total[column], total["in_flight"]+total["unexplained"]))
	}
	f.Table.Rows = append(f.Table.Rows, sums)
	f.take(a, v)
	return f
}

// ledgerCell leads to the records that it counts, but for those that nobody has
// read or explained, which are no rows.
func ledgerCell(v *visit, column string, n, gaps int64, pairs ...string) cell {
	c := cell{Text: count(n), Number: true, Bad: column == "unexplained" && n != 0}
	switch {
	case slices.Contains(ledgerColumns, column):
		c.Href = v.behind("/records", "records", append(pairs, "outcome", column)...)
	case column == "records" && gaps == 0:
		c.Href = v.behind("/records", "records", pairs...)
	}
	return c
}

func freshnessFigure(v *visit, a *answer) figure {
	return plainFigure(v, a, "pipeline.freshness", "table", "last_event_at", "last_stored_at", "lag_seconds")
}

// reasonsFigure shows what was set aside; each reason leads to its letters.
func reasonsFigure(v *visit, a *answer) figure {
	f := plainFigure(v, a, "pipeline.reasons", "stage", "reason", "letters", "deliveries", "newest_at")
	for row := range a.Rows {
		href := "/deadletters" + v.filter.query("stage", a.text(row, "stage"), "reason", a.text(row, "reason"))
		f.Table.Rows[row][2].Href, f.Table.Rows[row][3].Href = href, href
		f.Table.Rows[row][1].Small = reasonWords(v, a.text(row, "reason"))
	}
	return f
}

// reasonWords say what a reason means; of one that is newer than the catalogue,
// nothing.
func reasonWords(v *visit, reason string) string { return nameOr(v, "reason."+reason, "") }

// shownMetrics are those of this process that the page shows.
var shownMetrics = []string{
	"askbuy_consumer_lag", "askbuy_end_to_end_seconds", "askbuy_ingest_ack_seconds", "askbuy_events_total", "askbuy_dedupe_false_positive_ratio", "askbuy_dedupe_horizon_seconds",
	"askbuy_spool_records", "askbuy_repairs_pending", "askbuy_unexplained_events", "askbuy_model_drift",
}

// process answers questions.Process from this process's own metrics.
func (d *Dashboard) process() (*questions.Answer, error) {
	families, err := d.deps.Metrics.Gather()
	if err != nil {
		return nil, fmt.Errorf("gather metrics: %w", err)
	}
	a := &questions.Answer{Question: questions.Process, Args: questions.Args{}}
	for _, name := range shownMetrics {
		i := slices.IndexFunc(families, func(family *dto.MetricFamily) bool { return family.GetName() == name })
		if i < 0 {
			continue // of a role that this process has not
		}
		for _, m := range families[i].GetMetric() {
			for _, one := range measured(m) {
				a.Rows = append(a.Rows, []any{name, one.of, one.value})
			}
		}
	}
	return a, nil
}

// processFigure shows them in words.
func (d *Dashboard) processFigure(v *visit) (figure, error) {
	said, err := d.process()
	if err != nil {
		return figure{}, err
	}
	a := newAnswer(said)
	f := figure{ID: "process", Title: v.t("pipeline.process"), Note: v.t("pipeline.process.note"), CSV: apiPath + "/" + questions.Process.Name + "?format=csv"}
	f.Table.Head = []cell{words(v.t("column.measure")), words(v.t("column.of")), digits(v.t("column.value"))}
	for row := range a.Rows {
		name := a.text(row, "measure")
		f.Table.Rows = append(f.Table.Rows, []cell{words(v.t("metric." + strings.TrimPrefix(name, "askbuy_"))), words(a.text(row, "of")), measureCell(v, a.number(row, "value"), strings.HasSuffix(name, "_seconds"))})
	}
	return f, nil
}

func measureCell(v *visit, value *float64, isTime bool) cell {
	switch {
	case value == nil || math.IsNaN(*value):
		return digits(nothing)
	case isTime && *value >= 60:
		return digits(span(v.lang, time.Duration(*value*float64(time.Second))))
	case isTime:
		return digits(number(value, 3) + " s")
	case *value == math.Trunc(*value):
		return digits(number(value, 0))
	}
	return digits(number(value, 6))
}

// measurement is one number of a metric.
type measurement struct {
	of    string // labels
	value float64
}

// measured is what a metric says: of a histogram its middle and its slow end.
func measured(m *dto.Metric) (list []measurement) {
	var of []string
	for _, l := range m.GetLabel() {
		of = append(of, l.GetValue())
	}
	if h := m.GetHistogram(); h != nil {
		for _, q := range []float64{.5, .99} {
			list = append(list, measurement{strings.Join(append(slices.Clone(of), fmt.Sprintf("p%.0f", q*100)), " · "), quantile(h, q)})
		}
		return list
	}
	value := m.GetGauge().GetValue()
	if m.GetCounter() != nil {
		value = m.GetCounter().GetValue()
	}
	return []measurement{{strings.Join(of, " · "), value}}
}

// quantile is the upper bound of the bucket that holds it; NaN of nothing.
func quantile(h *dto.Histogram, q float64) float64 {
	want := uint64(math.Ceil(q * float64(h.GetSampleCount())))
	if want == 0 {
		return math.NaN()
	}
	buckets := slices.SortedFunc(slices.Values(h.GetBucket()), func(a, b *dto.Bucket) int { return cmp.Compare(a.GetUpperBound(), b.GetUpperBound()) })
	for _, b := range buckets {
		if b.GetCumulativeCount() >= want {
			return b.GetUpperBound()
		}
	}
	return math.Inf(1)
}
