//go:build !plant_conversation_variance

package report

import "testing"

// At most 6.5 % of all A/A experiments are decided: nominal are 5.
func TestAAOfSimulatedShops(t *testing.T) {
	runs := long(12, 1000)
	if rejected, most := decided(t, runs), max(3, runs*65/1000); rejected > most {
		t.Errorf("%d of %d are decided", rejected, runs)
	}
}
