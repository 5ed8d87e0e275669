package intent

import (
	"strings"
	"testing"
)

const sampleRules = `{
  "topics": [{"id": "double_eleven", "path": ["enquiry", "payment"], "label": {"zh": "双十一", "en": "Singles' Day"}, "tag": ["product", "promotion"]}],
  "rules": [
    {"topic": "double_eleven", "any": ["双十一", "双11"], "none": ["退款"]},
    {"topic": "coupon_query", "all": ["满299", "减50"]},
    {"topic": "invoice", "pattern": "^(fp|发票)\\d*$"}
  ]
}`

func TestRules(t *testing.T) {
	r, err := ParseRules([]byte(sampleRules))
	if err != nil {
		t.Fatal(err)
	}
	f := func(text, intent string, byRule bool) {
		t.Helper()
		model := Default().Score(text)
		got := model
		r.Apply(text, &got)
		if got.Intent != intent || (got.IntentConfidence == 1) != byRule || got.IntentPath[2] != intent {
			t.Errorf("%q: %s by %v (path %v), want %s, by a rule %v", text, got.Intent, got.IntentConfidence, got.IntentPath, intent, byRule)
		}
		if got.Evidence != model.Evidence || got.Act != model.Act {
			t.Errorf("%q: a rule changes evidence or act", text)
		}
	}
	f("双十一还有这个价吗", "double_eleven", true)
	f("双１１便宜多少", "double_eleven", true)
	f("双十一买的怎么退款", "return_refund", false)
	f("满299是不是减50", "coupon_query", true)
	f("FP", "invoice", true)
	f("便宜点", "bargain", false)
	f("", Other, false)
	var far Scored
	if r.Apply(strings.Repeat("ab", maxRunes/2)+"双十一", &far); far.Intent != "" {
		t.Errorf("a word behind %d characters counts", maxRunes)
	}
	if got := r.Label("double_eleven").Chinese + r.Label("bargain").Chinese; got != "双十一砍价" {
		t.Errorf("labels %q", got)
	}
}

func TestRulesFaults(t *testing.T) {
	f := func(raw string, want ...string) {
		t.Helper()
		_, err := ParseRules([]byte(raw))
		for _, w := range want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want an error with %q", raw, err, w)
			}
		}
	}
	f(`{`, "read rules")
	f(`[]`, "read rules")
	f(`{"rule":[]}`, "rule")
	f(`{"rules":[{"topic":"weather","any":["晴"]},{"topic":"bargain"},{"topic":"bargain","any":[" "]},{"topic":"bargain","pattern":"("}]}`,
		"rules[0]", "weather", "rules[1]", "every text", "rules[2]", "empty", "rules[3]", "pattern")
	f(`{"rules":[{"topic":"bargain","pattern":"`+strings.Repeat("a", maxPattern+1)+`"}]}`, "at most")
	f(`{"rules":[`+strings.Repeat(`{"topic":"bargain","any":["a"]},`, MaxRules)+`{"topic":"bargain","any":["a"]}]}`, "at most")
	f(`{"topics":[{"id":"bargain","path":["enquiry","payment"],"label":{"zh":"a","en":"b"},"tag":["product","price"]}]}`, "taken")
	f(`{"topics":[{"id":"x","path":["enquiry","nowhere"],"label":{"zh":"a","en":"b"},"tag":["product","price"]}]}`, "nowhere")
	f(strings.Repeat(" ", maxRulesFile+1), "at most")
}

// A model with rules is the model but for what its texts are about.
func TestModelWithRules(t *testing.T) {
	rules, err := ParseRules([]byte(sampleRules))
	if err != nil {
		t.Fatal(err)
	}
	const text = "双十一还有这个价吗"
	bare, ruled := Default().Score(text), Default().With(rules).Score(text)
	if ruled.Intent != "double_eleven" || ruled.Evidence != bare.Evidence || ruled.Act != bare.Act || bare.Intent == ruled.Intent {
		t.Errorf("%+v\n%+v", bare, ruled)
	}
	if m := Default().With(rules); m.ID() != Default().ID() || m.Params() != Default().Params() {
		t.Error("rules make another model")
	}
}

func FuzzRules(f *testing.F) {
	f.Add([]byte(sampleRules), "双十一")
	f.Add([]byte(`{}`), "\xff")
	f.Add([]byte(`{"rules":[{"topic":"bargain","pattern":"(a*)*b"}]}`), strings.Repeat("a", 1000))
	f.Fuzz(func(t *testing.T, raw []byte, text string) {
		r, err := ParseRules(raw)
		if err != nil {
			return
		}
		var s Scored
		r.Apply(text, &s)
		if s.Intent != "" && len(s.IntentPath) != 3 {
			t.Errorf("%q: %+v", text, s)
		}
	})
}
