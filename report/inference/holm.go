package inference

import "slices"

// Holm adjusts p-values for how many there are (Holm 1979): each may be
// compared with the level as if it were the only one.
func Holm(p []float64) []float64 {
	order := make([]int, len(p))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case p[a] < p[b]:
			return -1
		case p[a] > p[b]:
			return 1
		}
		return 0
	})
	adjusted := make([]float64, len(p))
	least := 0.0
	for rank, i := range order {
		least = max(least, float64(len(p)-rank)*p[i])
		adjusted[i] = min(1, least)
	}
	return adjusted
}
