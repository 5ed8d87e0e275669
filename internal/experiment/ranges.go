package experiment

import "math"

// Range is a half-open part of the buckets: From is in it, To is not.
type Range struct{ From, To float64 }

// Holds says whether a bucket lies in the range.
func (r Range) Holds(bucket float64) bool { return bucket >= r.From && bucket < r.To }

// Ranges are the parts of the buckets that n variants take, in their order.
// Each begins where the weights before it end, and covers its weight times the
// coverage; so a greater coverage moves nobody. Weights that are not n numbers
// from 0 that add up to about 1 count as equal.
func Ranges(n int, coverage float64, weights []float64) []Range {
	coverage = min(1, max(0, coverage))
	if !usable(weights, n) {
		weights = EqualWeights(n)
	}
	ranges := make([]Range, 0, max(0, n))
	start := 0.0
	for _, weight := range weights {
		// The conversion forbids the compiler to fuse the product into the sum,
		// which it does on arm64: one shopper would be in another variant there.
		ranges = append(ranges, Range{From: start, To: start + float64(coverage*weight)})
		start += weight
	}
	return ranges
}

func usable(weights []float64, n int) bool {
	if len(weights) != n {
		return false
	}
	total := 0.0
	for _, weight := range weights {
		if !(weight >= 0) {
			return false
		}
		total += weight
	}
	return total >= 0.99 && total <= 1.01
}

// EqualWeights are n times 1/n.
func EqualWeights(n int) []float64 {
	weights := make([]float64, max(0, n))
	for i := range weights {
		weights[i] = 1 / float64(n)
	}
	return weights
}

// Choose is the first of the ranges that holds the bucket, or -1.
func Choose(bucket float64, ranges []Range) int {
	for i, r := range ranges {
		if r.Holds(bucket) {
			return i
		}
	}
	return -1
}

// Namespace is a part of all shoppers that experiments share out among
// themselves, so that a shopper is in one of them only.
type Namespace struct {
	Name string  `yaml:"name" json:"name"`
	From float64 `yaml:"from" json:"from"`
	To   float64 `yaml:"to" json:"to"`
}

// Holds says whether an id is in the namespace's part.
func (n Namespace) Holds(id string) bool {
	bucket, _ := Bucket(1, "__"+n.Name, id)
	return Range{From: n.From, To: n.To}.Holds(bucket)
}

func (n Namespace) valid() bool {
	return n.Name != "" && n.From >= 0 && n.From < n.To && n.To <= 1 && !math.IsNaN(n.From+n.To)
}
