package train

import (
	"math"
	"math/rand/v2"
)

// family is one pattern of the grammar: templates that differ in their
// predicate, the place where the pattern has most to choose from.
type family []node

// family takes a pattern apart.
func (n node) family() family {
	at, most := -1, 2 // two ways to put it are no two predicates
	for i, inner := range n.sequence {
		if size := len(inner.choices); size > most && !inner.optional {
			at, most = i, size
		}
	}
	if at < 0 {
		return family{n}
	}
	all := make(family, most)
	for i, predicate := range n.sequence[at].choices {
		sequence := append([]node(nil), n.sequence...)
		sequence[at] = predicate
		all[i] = node{sequence: sequence}
	}
	return all
}

// templates counts an act's templates.
func (g *grammar) templates(topic string) (n int) {
	for _, f := range g.of[topic] {
		n += len(f)
	}
	return n
}

// pick draws a template: a family by the root of its size, so that the long
// lists do not drown the rest, then one of its templates.
func (g *grammar) pick(topic string, r *rand.Rand) node {
	families := g.of[topic]
	var total float64
	for _, f := range families {
		total += math.Sqrt(float64(len(f)))
	}
	u := r.Float64() * total
	last := families[len(families)-1]
	for _, f := range families {
		if u -= math.Sqrt(float64(len(f))); u < 0 {
			last = f
			break
		}
	}
	return last[r.IntN(len(last))]
}

// divide parts the templates of every act into n grammars, equally many in
// each and by chance. Whole families stay together where wholly says so.
func (g *grammar) divide(r *rand.Rand, n int, wholly bool) []*grammar {
	parts := make([]*grammar, n)
	for i := range parts {
		parts[i] = &grammar{slots: g.slots, topics: g.topics, of: map[string][]family{}}
	}
	for _, topic := range g.topics {
		next := r.IntN(n)
		for _, at := range r.Perm(len(g.of[topic])) {
			f := g.of[topic][at]
			if wholly {
				parts[next].of[topic] = append(parts[next].of[topic], f)
				next = (next + 1) % n
				continue
			}
			pieces := make([]family, n)
			for _, i := range r.Perm(len(f)) {
				pieces[next] = append(pieces[next], f[i])
				next = (next + 1) % n
			}
			for i, piece := range pieces {
				if len(piece) > 0 {
					parts[i].of[topic] = append(parts[i].of[topic], piece)
				}
			}
		}
	}
	return parts
}

// join is the grammar of all parts but one.
func join(parts []*grammar, without int) *grammar {
	g := &grammar{slots: parts[0].slots, topics: parts[0].topics, of: map[string][]family{}}
	for _, topic := range g.topics {
		for i, part := range parts {
			if i != without {
				g.of[topic] = append(g.of[topic], part.of[topic]...)
			}
		}
	}
	return g
}
