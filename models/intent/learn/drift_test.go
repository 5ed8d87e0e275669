package learn

import (
	"math"
	"testing"
)

func TestPSI(t *testing.T) {
	bounds := []float64{.1, .2, .3, .4, .5, .6, .7, .8, .9}
	var even, high []float64
	for i := range 1000 {
		even = append(even, (float64(i)+.5)/1000)
		high = append(high, .95)
	}
	if got := psi(even, bounds); math.Abs(got) > 1e-9 {
		t.Errorf("PSI of the same is %v", got)
	}
	// 9 bins with half a value each, one with all.
	want := 9*(.0005-.1)*math.Log(.0005/.1) + .9*math.Log(10)
	if got := psi(high, bounds); math.Abs(got-want) > 1e-9 {
		t.Errorf("PSI %v, want %v", got, want)
	}
	// A value on a bound is above it.
	if got, want := psi([]float64{.5, .5}, []float64{.5}), -.25*math.Log(.5)+.5*math.Log(2); math.Abs(got-want) > 1e-9 {
		t.Errorf("PSI of values on a bound is %v, want %v", got, want)
	}
}
