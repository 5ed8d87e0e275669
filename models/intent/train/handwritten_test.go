package train

import (
	"testing"

	"askbuy/internal/judge"
	"askbuy/models/intent"
)

func TestHandWrittenMessages(t *testing.T) {
	named, sides := handWritten(intent.Default())
	accuracy, area := named.Of(judge.Rate), sides.Of(judge.AUC)
	t.Logf("%d messages: acts %.3f right, AUC of evidence %.3f", named.Len(), accuracy, area)
	if named.Len() < 200 || accuracy < .85 || area < .90 {
		t.Errorf("%d messages: acts %.3f right, AUC of evidence %.3f; want 200, .85, .90", named.Len(), accuracy, area)
	}
}
