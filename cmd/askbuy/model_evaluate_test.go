package main

import (
	"strings"
	"testing"

	"askbuy/models/intent/learn"
	"askbuy/pipeline"
)

// Every refusal is told in the reader's language, beside its name.
func TestRefusalsAreTold(t *testing.T) {
	for _, refusal := range learn.Refusals() {
		for lang, word := range map[string]string{"en": "refused: " + string(refusal) + ": why", "zh": "拒绝: " + string(refusal) + "（"} {
			var b strings.Builder
			e := pipeline.Evaluation{Verdict: learn.Verdict{Refusals: []learn.Reason{{Refusal: refusal, Detail: "why"}}}}
			if err := writeEvaluation(&b, e, "now", "text", lang); err != nil || !strings.Contains(b.String(), word) {
				t.Errorf("%s in %s: %v\n%s", refusal, lang, err, b.String())
			}
		}
	}
}
