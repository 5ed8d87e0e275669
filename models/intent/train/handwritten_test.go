package train

import (
	_ "embed"
	"strings"
	"testing"

	"askbuy/models/intent"
)

//go:embed testdata/messages.tsv
var messagesTSV string

// The shipped model on messages that were written for judging and are never
// learned from: what each does, and whether it is said on the way to a
// purchase or after one, in complaint or in refusal.
func TestHandWrittenMessages(t *testing.T) {
	right, total := 0, 0
	var sides []prediction
	for _, line := range strings.Split(strings.TrimSpace(messagesTSV), "\n") {
		if line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		side, act, text := fields[0], fields[1], fields[2]
		got := intent.Default().Score(text)
		total++
		if got.Act == act {
			right++
		}
		if side != "none" {
			sides = append(sides, prediction{got.Evidence, side == "buy"})
		}
	}
	accuracy, area := float64(right)/float64(total), auc(sides)
	t.Logf("%d messages: acts %.3f right, AUC of evidence %.3f", total, accuracy, area)
	if total < 200 || accuracy < .85 || area < .90 {
		t.Errorf("%d messages: acts %.3f right, AUC of evidence %.3f; want 200, .85, .90", total, accuracy, area)
	}
}
