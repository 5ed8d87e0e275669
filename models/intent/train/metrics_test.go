package train

import (
	"math"
	"testing"
)

func TestMetrics(t *testing.T) {
	f := func(all []prediction, wantAUC, wantBrier, wantError float64) {
		t.Helper()
		for name, pair := range map[string][2]float64{
			"auc": {auc(all), wantAUC}, "brier": {brier(all), wantBrier}, "error": {calibrationError(all, 2), wantError},
		} {
			if math.Abs(pair[0]-pair[1]) > 1e-12 {
				t.Errorf("%v: %s %v, want %v", all, name, pair[0], pair[1])
			}
		}
	}
	f([]prediction{{1, true}, {0, false}}, 1, 0, 0)
	f([]prediction{{0, true}, {1, false}}, 0, 1, 1)
	f([]prediction{{.5, true}, {.5, false}}, .5, .25, .5)
	f([]prediction{{.2, false}, {.4, true}, {.6, false}, {.8, true}}, .75, (.04+.36+.36+.04)/4, .2)
}
