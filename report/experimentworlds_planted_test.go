//go:build plant_conversation_variance

package report

import "testing"

// A build that takes conversations for units decides at least a quarter.
func TestPlantedAAOfSimulatedShops(t *testing.T) {
	runs := long(12, 1000)
	if rejected := decided(t, runs); float64(rejected) < 0.25*float64(runs) {
		t.Errorf("%d of %d are decided", rejected, runs)
	}
}
