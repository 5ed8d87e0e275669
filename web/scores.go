package web

import (
	"context"
	"strconv"
)

// scoresPage says how far the scores can be trusted.
func scoresPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	said, err := d.askAll(ctx, v, "reliability", "thresholds", "score_days")
	if err != nil {
		return nil, err
	}
	reliability, thresholds, days := said["reliability"], said["thresholds"], said["score_days"]
	if len(reliability.Rows) == 0 {
		return figures{Empty: "scores.empty"}, nil
	}
	return figures{Intro: v.t("scores.intro"), Figures: []figure{
		reliabilityFigure(v, reliability), thresholdsFigure(v, thresholds), expectedFigure(v, days),
		scoreDaysFigure(v, days),
	}}, nil
}

// reliabilityFigure holds what was said against what came.
func reliabilityFigure(v *visit, a *answer) figure {
	f := figure{ID: "reliability", Half: true, Title: v.t("scores.reliability"), Note: v.t("scores.reliability.note"), Chart: &chart{Kind: "calibration", Unit: "percent", Names: names{None: v.t("scores.ideal")}}}
	f.Table.Head = []cell{words(v.t("column.bin")), digits(v.t("column.messages")), digits(v.t("column.n")), digits(v.t("column.mean_p")), digits(v.t("column.rate"))}
	came := series{Name: v.t("column.rate")}
	for row := range a.Rows {
		said := a.number(row, "mean_p")
		if said == nil {
			continue
		}
		f.Chart.X = append(f.Chart.X, strconv.FormatFloat(*said, 'f', 4, 64))
		came.Data, came.Low, came.High = append(came.Data, a.number(row, "rate")), append(came.Low, a.number(row, "rate_low")), append(came.High, a.number(row, "rate_high"))
		bin := a.count(row, "bin")
		href := v.behind("/messages", "scored_messages", "bin", strconv.FormatInt(bin, 10))
		f.Chart.Hrefs = append(f.Chart.Hrefs, href)
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(binName(bin)), linked(count(a.count(row, "messages")), href), digits(number(a.number(row, "n"), 1)), digits(percent(said)), a.interval(v, row, "rate", number(a.number(row, "n"), 1)),
		})
	}
	f.Chart.Series = []series{came}
	f.take(a, v)
	return f
}

// thresholdStep shows every so many of the hundred thresholds in the table.
const thresholdStep = 5

// thresholdsFigure answers: what if the threshold were another?
func thresholdsFigure(v *visit, a *answer) figure {
	f := figure{ID: "thresholds", Half: true, Title: v.t("scores.thresholds"), Note: v.t("scores.thresholds.note"), Chart: &chart{Kind: "lines", Unit: "percent"}}
	f.Table = a.table(v, "threshold", "flagged", "caught", "precision", "recall", "volume")
	all := f.Table.Rows
	f.Table.Rows = nil
	lines := []series{{Name: v.t("column.precision")}, {Name: v.t("column.recall")}, {Name: v.t("column.volume")}}
	for row := range a.Rows {
		f.Chart.X = append(f.Chart.X, number(a.number(row, "threshold"), 2))
		for i, column := range []string{"precision", "recall", "volume"} {
			lines[i].Data = append(lines[i].Data, a.number(row, column))
		}
		if row%thresholdStep == 0 {
			f.Table.Rows = append(f.Table.Rows, all[row])
		}
	}
	f.Chart.Series = lines
	f.take(a, v)
	return f
}

// expectedFigure holds the orders that were expected against those that came.
func expectedFigure(v *visit, a *answer) figure {
	f := figure{ID: "expected", Title: v.t("scores.expected"), Note: v.t("scores.expected.note"), Chart: &chart{Kind: "lines", Unit: "number"}}
	f.Table.Head = []cell{words(v.t("column.day")), digits(v.t("column.sum_p")), digits(v.t("column.sum_y"))}
	expected, came := series{Name: v.t("column.sum_p")}, series{Name: v.t("column.sum_y")}
	for row := 0; row < len(a.Rows); {
		day, p, y := a.text(row, "day"), 0.0, 0.0
		for ; row < len(a.Rows) && a.text(row, "day") == day; row++ {
			p, y = p+*a.number(row, "sum_p"), y+*a.number(row, "sum_y")
		}
		f.Chart.X = append(f.Chart.X, dayName(v.lang, day))
		expected.Data, came.Data = append(expected.Data, ptr(p)), append(came.Data, ptr(y))
		f.Table.Rows = append(f.Table.Rows, []cell{words(dayName(v.lang, day)), digits(number(&p, 1)), digits(number(&y, 1))})
	}
	f.Chart.Series = []series{expected, came}
	f.take(a, v)
	return f
}

// scoreDaysFigure has the messages of a day behind it.
func scoreDaysFigure(v *visit, a *answer) figure {
	f := plainFigure(v, a, "scores.days", "day", "shop_id", "model_id", "messages", "n", "auc", "pr_auc", "brier", "ece", "sum_p", "sum_y")
	for row := range a.Rows {
		day := a.text(row, "day")
		f.Table.Rows[row][3].Href = v.behind("/messages", "scored_messages", "from", day, "to", day, "shop_id", a.text(row, "shop_id"), "model_id", a.text(row, "model_id"))
	}
	return f
}
