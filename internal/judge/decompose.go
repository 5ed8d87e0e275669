package judge

// Decomposition takes a Brier score apart: Brier = Miscalibration -
// Discrimination + Uncertainty. It is the CORP decomposition of Dimitriadis,
// Gneiting and Jordan (2021, PNAS 118): no bins have to be chosen, because the
// probabilities that should have been said are the isotonic regression of what
// came on what was said.
type Decomposition struct {
	Miscalibration float64 `json:"miscalibration"` // what was lost by saying other numbers; 0 is best
	Discrimination float64 `json:"discrimination"` // what was gained by telling cases apart
	Uncertainty    float64 `json:"uncertainty"`    // Brier of always saying the rate
}

// Decompose takes the Brier score of the set apart. It is NaN where there is
// nothing to measure.
func (s Set) Decompose() Decomposition {
	var weight, hits, said, best float64
	for _, g := range groups(s.ordered) {
		weight, hits = weight+g.weight, hits+g.hits
		said += g.squares(g.p)
	}
	for _, g := range isotonic(groups(s.ordered)) {
		best += g.squares(g.hits / g.weight)
	}
	all := group{weight: weight, hits: hits}
	base := all.squares(hits / weight)
	return Decomposition{(said - best) / weight, (base - best) / weight, base / weight}
}

// squares is the sum of squared errors when p is said of the whole group.
func (g group) squares(p float64) float64 {
	return g.hits*(1-p)*(1-p) + (g.weight-g.hits)*p*p
}

// isotonic pools neighbours until the rate of hits nowhere falls: the pool
// adjacent violators algorithm.
func isotonic(all []group) []group {
	var pools []group
	for _, g := range all {
		pools = append(pools, g)
		for n := len(pools) - 1; n > 0 && pools[n-1].hits*pools[n].weight >= pools[n].hits*pools[n-1].weight; n-- {
			pools[n-1].weight += pools[n].weight
			pools[n-1].hits += pools[n].hits
			pools = pools[:n]
		}
	}
	return pools
}
