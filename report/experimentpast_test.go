package report

import (
	"fmt"
	"math"
	"reflect"
	"testing"
	"time"

	"askbuy/internal/experiment"
	"askbuy/report/inference"
	schema "askbuy/schemas/clickhouse"
)

// past has n shoppers of shop s who talk in the last two weeks that are ripe
// now, every third of them twice, and of whom every fourth orders for its
// number; and some who are not to be counted. It returns numerators and
// denominators of conversation_to_order.
func (l *lab) past(e experiment.Experiment, n int) (values [][2]float64) {
	l.Helper()
	end := l.at.Add(-e.FinalAt().Sub(e.PlannedEnd)).UnixMilli()
	begin := end - e.PlannedEnd.Sub(e.Start).Milliseconds()
	var messages, orders, touched []map[string]any
	say := func(user, conv string, ts int64, more map[string]any) {
		row := map[string]any{"shop_id": "s", "user_id": user, "conv_id": conv, "event_id": conv + user, "from_role": "user", "ts": ts, "is_test": uint8(0)}
		for k, v := range more {
			row[k] = v
		}
		messages = append(messages, row)
	}
	for i := range n {
		user, ordered, conversations := fmt.Sprint("u", i), 0.0, 1.0
		at := begin + int64(i)*(end-begin)/int64(n)
		say(user, "c", at, nil)
		if i%3 == 0 {
			conversations = 2
			say(user, "d", at+1, nil)
		}
		if i%4 == 0 {
			ordered = 1
			orders = append(orders, map[string]any{"shop_id": "s", "user_id": user, "order_id": "o" + user, "event_id": "p" + user, "status": "paid", "currency": "CNY", "amount": fmt.Sprintf("%d.00", i), "ts": at + hour})
			touched = append(touched, map[string]any{"shop_id": "s", "user_id": user, "order_id": "o" + user, "order_at": at + hour, "named_conv_id": "", "touches": [][]any{touch("c", at, 0, 1, 1, 0.5)}})
		}
		values = append(values, [2]float64{ordered, conversations})
	}
	say("early", "c", begin-1, nil)
	say("unripe", "c", end, nil)
	say("test", "c", begin, map[string]any{"is_test": uint8(1)})
	say("bot", "c", begin, map[string]any{"from_role": "bot"})
	say("elsewhere", "c", begin, map[string]any{"shop_id": "other"})
	l.put(schema.Messages, messages...)
	l.put(schema.OrderEvents, orders...)
	l.put(schema.Touches, touched...)
	return values
}

func pastExperiment() experiment.Experiment {
	e := labExperiment(experiment.Metric{Name: experiment.ConversationToOrder, Role: experiment.Success, MDE: 0.2}, experiment.Metric{Name: experiment.HandoffRate, Role: experiment.Diagnostic, MDE: 0.1})
	e.Shops, e.Coverage = []string{"s"}, 0.5
	e.Variants = []experiment.Variant{{Name: "control", Weight: 0.8, Control: true}, {Name: "treatment", Weight: 0.2}}
	return e
}

// A plan counts the shoppers of the shops' past once, those that are ripe, and
// says what the smaller variant needs.
func TestPlanReadsThePast(t *testing.T) {
	l := newLab(t)
	e := pastExperiment()
	values := l.past(e, 280)
	r, err := l.Plan(t.Context(), e)
	l.must(err)
	if r.Shoppers != 280 || r.UnitsPerDay != 10 || r.PlannedDays != 14 || !r.To.Equal(l.at.Add(-72*time.Hour)) || r.Level != 0.04 {
		t.Errorf("%+v", r)
	}
	// By hand: the variance of (ordered - R conversations) / mean conversations.
	ordered, conversations := 0.0, 0.0
	for _, v := range values {
		ordered, conversations = ordered+v[0], conversations+v[1]
	}
	rate, sum := ordered/conversations, 0.0
	for _, v := range values {
		sum += math.Pow((v[0]-rate*v[1])/(conversations/280), 2)
	}
	variance := sum / 279
	const z = 2.0537489106318225 + 0.8416212335729143 // normal quantiles of 0.98 and 0.8
	units := z * z * (variance/0.8 + variance/0.2) / math.Pow(0.2*rate, 2)
	m := r.Metrics[0]
	if math.Abs(*m.Baseline-rate) > 1e-12 || math.Abs(*m.Units-units) > 1e-6*units || *m.Days != int(math.Ceil(math.Ceil(units/10)/7))*7 ||
		math.Abs(*m.MDEAtEnd-0.2*math.Sqrt(units/140)) > 1e-9 {
		t.Errorf("%v %v %v %v, want %v %v", *m.Baseline, *m.Units, *m.Days, *m.MDEAtEnd, rate, units)
	}
	if r.Metrics[1].Refused != string(inference.NotMeasured) || r.Metrics[1].Units != nil {
		t.Errorf("handoffs: %+v", r.Metrics[1])
	}
}

// Shoppers outside the namespace's part and in the holdout never come.
func TestPlannedUnitsPerDay(t *testing.T) {
	h := history{days: 14, users: make([]string, 1400)}
	for _, c := range []struct {
		coverage  float64
		namespace *experiment.Namespace
		holdout   *experiment.Holdout
		want      float64
	}{
		{1, nil, nil, 100},
		{0.5, nil, nil, 50},
		{1, &experiment.Namespace{Name: "checkout", From: 0.5, To: 0.75}, nil, 25},
		{1, nil, &experiment.Holdout{Seed: "out", Share: 0.1}, 90},
		{0.5, &experiment.Namespace{Name: "checkout", From: 0.2, To: 1}, &experiment.Holdout{Seed: "out", Share: 0.25}, 30},
	} {
		got := h.unitsPerDay(experiment.Experiment{Coverage: c.coverage, Namespace: c.namespace, Holdout: c.holdout})
		if math.Abs(got-c.want) > 1e-9 {
			t.Errorf("%+v: %v shoppers a day", c, got)
		}
	}
}

// A/A runs share the own past out, the same way each time, and leave nothing
// behind.
func TestAAReadsThePast(t *testing.T) {
	l := newLab(t)
	e := pastExperiment()
	e.Coverage, e.Variants[0].Weight, e.Variants[1].Weight = 1, 0.5, 0.5
	l.past(e, 600)
	r, err := l.AA(t.Context(), e, 100)
	l.must(err)
	again, err := l.AA(t.Context(), e, 100)
	l.must(err)
	all := 0
	for _, n := range r.Verdicts {
		all += n
	}
	if r.Shoppers != 600 || all != 100 || r.Rejected.N != 100 || r.Verdicts["INCONCLUSIVE"] < 80 || !reflect.DeepEqual(r, again) {
		t.Errorf("%+v, again %+v", r, again)
	}
	_, _, rows, err := l.Query(t.Context(), "SELECT (SELECT count() FROM askbuy.experiment_units) + (SELECT count() FROM askbuy.experiment_snapshots) + (SELECT count() FROM askbuy.experiment_results)", nil)
	l.must(err)
	if rows[0][0] != uint64(0) {
		t.Errorf("%v rows are left", rows[0][0])
	}
	for _, runs := range []int{0, 100_001} {
		if _, err := l.AA(t.Context(), e, runs); err == nil {
			t.Errorf("%d runs are played", runs)
		}
	}
}

// Amounts of several currencies are never added up, in a plan as in a report.
func TestThePastOfSeveralCurrencies(t *testing.T) {
	e := experiment.Experiment{Variants: []experiment.Variant{{Name: "a", Control: true, Weight: 0.5}, {Name: "b", Weight: 0.5}},
		Metrics: []experiment.Metric{{Name: experiment.RevenuePerUser, MDE: 0.1}, {Name: experiment.ConversationToOrder, MDE: 0.1}}}
	values := [][3]float64{{0, 1, 0}, {1, 1, 0}, {0, 1, 0}, {1, 1, 0}}
	h := history{e: e, days: 7, users: []string{"1", "2", "3", "4"}, values: [][][3]float64{values, values}}
	for _, c := range []struct {
		currencies map[string]bool
		want       inference.Refusal
	}{
		{map[string]bool{"CNY": true}, inference.NotRefused},
		{map[string]bool{"CNY": true, "USD": true}, inference.SeveralCurrencies},
	} {
		h.currencies = c.currencies
		in := h.shared("seed")
		r := &PlanReport{UnitsPerDay: 1, PlannedDays: 7, Level: 0.04}
		if row := r.metric(e, e.Metrics[0], values, h.refused(0)); in.Metrics[0].Refused != c.want || row.Refused != string(c.want) {
			t.Errorf("%v: %q and %q, want %q", c.currencies, in.Metrics[0].Refused, row.Refused, c.want)
		}
		if in.Metrics[1].Refused != inference.NotRefused {
			t.Errorf("%v: orders are refused: %q", c.currencies, in.Metrics[1].Refused)
		}
	}
}
