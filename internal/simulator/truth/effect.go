package truth

import "askbuy/schemas/event"

// Effect is what a variant does to a metric: exactly, over the units that
// count and are in one variant alone, because each is known under both.
type Effect struct {
	Experiment string `json:"experiment"`
	Metric     string `json:"metric"`
	Variant    string `json:"variant"`
	// Units that were exposed, and those of them in more than one variant,
	// both by first exposure.
	Units        int64 `json:"units"`
	Contaminated int64 `json:"contaminated"`
	// Observed is the metric over the variant's own units; NULL without any.
	Observed *float64 `json:"observed"`
	// Value is the metric over all units had all of them been given the
	// variant, and Effect by how much that is more than with the control.
	Value  *float64 `json:"value"`
	Effect *float64 `json:"effect"`
}

// metrics are the experiment's metrics as numerator and denominator.
var metrics = []struct {
	name string
	of   func(*Sums) (num, den float64)
}{
	{"conversation_to_order", func(s *Sums) (float64, float64) { return float64(s.Ordered), float64(s.Conversations) }},
	{"add_to_cart", func(s *Sums) (float64, float64) { return float64(s.Carted), float64(s.Conversations) }},
	{"revenue_per_conversation", func(s *Sums) (float64, float64) { return major(s.ConversationRevenue), float64(s.Conversations) }},
	{"revenue_per_user", func(s *Sums) (float64, float64) { return major(s.Revenue), 1 }},
	{"refund_rate", func(s *Sums) (float64, float64) { return float64(s.Refunded), float64(s.Orders) }},
	{"conversations_per_user", func(s *Sums) (float64, float64) { return float64(s.Conversations), 1 }},
}

func major(m event.Money) float64 { return float64(m) / 100 }

func (t *Trial) effects() {
	for _, m := range metrics {
		base := t.value(m.of, t.Control)
		for _, variant := range t.Variants {
			e := Effect{Experiment: t.Experiment, Metric: m.name, Variant: variant, Value: t.value(m.of, variant)}
			if e.Value != nil && base != nil {
				d := *e.Value - *base
				e.Effect = &d
			}
			var num, den float64
			for i := range t.Units {
				u := &t.Units[i]
				if u.Variant != variant {
					continue
				}
				e.Units++
				e.Contaminated += int64(u.IsContaminated)
				if u.IsContaminated == 0 {
					n, d := m.of(&u.Did)
					num, den = num+n, den+d
				}
			}
			e.Observed = ratio(num, den)
			t.Effects = append(t.Effects, e)
		}
	}
}

// value is a metric had every unit been given the variant.
func (t *Trial) value(of func(*Sums) (float64, float64), variant string) *float64 {
	var num, den float64
	for i := range t.Units {
		if t.Units[i].IsContaminated == 1 {
			continue
		}
		s := t.Units[i].With[variant]
		n, d := of(&s)
		num, den = num+n, den+d
	}
	return ratio(num, den)
}
