package train

import (
	_ "embed"
	"strings"

	"askbuy/internal/judge"
	"askbuy/models/intent"
)

//go:embed testdata/messages.tsv
var messagesTSV string

// handWritten scores messages that were written for judging and are never
// learned from: whether what each does is named rightly, and the evidence of
// those that are said on the way to a purchase (hits) and after one, in
// complaint or in refusal (misses).
func handWritten(m *intent.Model) (named, sides judge.Set) {
	var names, evidence []judge.Prediction
	for i, line := range strings.Split(strings.TrimSpace(messagesTSV), "\n") {
		if line[0] == '#' {
			continue
		}
		fields := strings.Split(line, "\t")
		side, act, text := fields[0], fields[1], fields[2]
		got := m.Score(text)
		names = append(names, judge.Prediction{Hit: got.Act == act, Weight: 1, Cluster: i})
		if side != "none" {
			evidence = append(evidence, judge.Prediction{P: got.Evidence, Hit: side == "buy", Weight: 1, Cluster: i})
		}
	}
	return judge.NewSet(names), judge.NewSet(evidence)
}
