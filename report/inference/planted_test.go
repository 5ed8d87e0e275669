//go:build plant_conversation_variance

package inference

import "testing"

// A build that takes conversations for units decides at least a quarter of all
// A/A experiments with heavy repeat users: TestAAUnderDailyPeeking, which
// allows 5 %, is red in it.
func TestPlantedConversationVariance(t *testing.T) {
	all := runs(60, 1000)
	rejected, _ := aaExperiments(t, all)
	t.Logf("of %d A/A experiments %d are decided", all, rejected)
	if float64(rejected) < 0.25*float64(all) {
		t.Errorf("%d of %d are decided", rejected, all)
	}
}
