package train

import (
	"askbuy/internal/judge"
	"askbuy/models/intent"
)

// Figure is one thing that was measured, as predictions and how to read them.
type Figure struct {
	Name   string
	Of     string // what the predictions are of: messages, sentences ...
	Set    judge.Set
	Metric judge.Metric
	Goal   float64 // the figure shall be at least this; 0: no goal
	Most   float64 // the figure shall be at most this; 0: no goal
}

// Evaluate measures the method on our own sentences: on templates and on whole
// families of them that the training did not see, and the shipped model on
// messages written by hand. It trains twice.
func Evaluate(c Config) ([]Figure, error) {
	t, g, err := newTrainer(c)
	if err != nil {
		return nil, err
	}
	var out []Figure
	for _, wholly := range []bool{false, true} {
		m, _, held, err := t.holdOut(g, wholly)
		if err != nil {
			return nil, err
		}
		q := t.measureOn(m, held)
		name, goal := "held-out templates", .8
		if wholly {
			name, goal = "held-out families", 0
		}
		out = append(out, Figure{name + ", act accuracy", "sentences", q.named, judge.Rate, goal, 0})
		out = append(out, Figure{name + ", AUC of p_order", "prefixes", q.orders, judge.AUC, 0, 0})
	}
	named, sides := handWritten(intent.Default())
	return append(out,
		Figure{"written by hand, act accuracy", "messages", named, judge.Rate, .8, 0},
		Figure{"written by hand, AUC of evidence", "messages", sides, judge.AUC, .8, 0}), nil
}
