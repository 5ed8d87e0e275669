package main

import (
	"math"
	"math/rand/v2"
	"slices"

	"askbuy/internal/judge"
	"askbuy/models/intent/train"
)

const (
	bits   = 18
	rate   = .3
	passes = 3
	parts  = 4  // of the cross-fit
	keep   = .8 // of the evidence so far, at the next message
)

// scoreMessages learns which messages are about a transaction.
func scoreMessages(learn, dev []dialogue) judge.Set {
	r := rand.New(rand.NewPCG(1, 1))
	m := train.NewLinear(bits, 0, rate)
	for range passes {
		for _, i := range r.Perm(len(learn)) {
			for j, message := range learn[i].messages {
				m.Learn(message, target(learn[i].buys[j]))
			}
		}
	}
	var all []judge.Prediction
	for i, d := range dev {
		for j, message := range d.messages {
			all = append(all, judge.Prediction{P: m.Evidence(message), Hit: d.buys[j], Weight: 1, Cluster: i})
		}
	}
	return judge.NewSet(all)
}

// scoreConversations learns from the dialogues' ends alone, in two stages:
// each message's evidence, and a head on what the evidence adds up to, which
// sees only evidence that was learned from other dialogues.
func scoreConversations(learn, dev []dialogue) judge.Set {
	base := logOdds(learn)
	var rows []train.Row
	for part := range parts {
		m := learnEnds(learn, base, func(i int) bool { return i%parts != part })
		for i := part; i < len(learn); i += parts {
			for _, x := range prefixes(m, learn[i]) {
				rows = append(rows, train.Row{X: x[:], Target: target(learn[i].hit), Weight: 1})
			}
		}
	}
	head := train.Regress(make([]float64, 3), make([]float64, 3), rows)
	m := learnEnds(learn, base, func(int) bool { return true })
	var all []judge.Prediction
	for i, d := range dev {
		for _, x := range prefixes(m, d) {
			z := head[0]*x[0] + head[1]*x[1] + head[2]*x[2]
			all = append(all, judge.Prediction{P: 1 / (1 + math.Exp(-z)), Hit: d.hit, Weight: 1, Cluster: i})
		}
	}
	return judge.NewSet(all)
}

// learnEnds gives every message its dialogue's end.
func learnEnds(learn []dialogue, base float64, use func(i int) bool) *train.Linear {
	r := rand.New(rand.NewPCG(2, 2))
	m := train.NewLinear(bits, base, rate)
	for range 2 {
		for _, i := range r.Perm(len(learn)) {
			if !use(i) {
				continue
			}
			for _, message := range learn[i].messages {
				m.Learn(message, target(learn[i].hit))
			}
		}
	}
	return m
}

// prefixes are, after each message, the decayed sum of the evidence, the log
// of the number of messages, and 1.
func prefixes(m *train.Linear, d dialogue) [][3]float64 {
	out := make([][3]float64, len(d.messages))
	var sum float64
	for i, message := range d.messages {
		sum = keep*sum + m.Evidence(message)
		out[i] = [3]float64{sum, math.Log(float64(i + 1)), 1}
	}
	return out
}

// scoreFolds learns from all that a person said, in five folds.
func scoreFolds(all []dialogue) judge.Set {
	const folds, slow, often = 5, .03, 15 // there are few dialogues
	r := rand.New(rand.NewPCG(3, 3))
	whole := make([][]uint32, len(all))
	for i, d := range all {
		whole[i] = d.whole()
	}
	order := r.Perm(len(all))
	var out []judge.Prediction
	for fold := range folds {
		m := train.NewLinear(bits, 0, slow)
		for range often {
			for _, at := range r.Perm(len(order)) {
				if at%folds != fold {
					m.Learn(whole[order[at]], target(all[order[at]].hit))
				}
			}
		}
		for at := fold; at < len(order); at += folds {
			i := order[at]
			out = append(out, judge.Prediction{P: m.Evidence(whole[i]), Hit: all[i].hit, Weight: 1, Cluster: i})
		}
	}
	return judge.NewSet(out)
}

// whole is a dialogue as one text: what was said at all, and once more, as
// features of their own, what was said in the last three messages.
func (d dialogue) whole() []uint32 {
	const end, other = 3, 2654435761
	once := func(messages [][]uint32) []uint32 {
		features := slices.Concat(messages...)
		slices.Sort(features)
		return slices.Compact(features)
	}
	all := once(d.messages)
	for _, f := range once(d.messages[max(0, len(d.messages)-end):]) {
		all = append(all, f*other+1)
	}
	return all
}

// logOdds is the base rate of the dialogues.
func logOdds(all []dialogue) float64 {
	hits := 0.
	for _, d := range all {
		hits += target(d.hit)
	}
	return math.Log(hits / (float64(len(all)) - hits))
}

func target(hit bool) float64 {
	if hit {
		return 1
	}
	return 0
}
