package reply

import (
	"strings"
	"testing"

	"askbuy/models/intent"
	"askbuy/reply/turn"
)

func TestDress(t *testing.T) {
	f := func(name, route, language, mood, text string, offers []string, brief, whole string) {
		t.Helper()
		q := &turn.Turn{Language: language, Intent: intent.Scored{Sentiment: mood}}
		r := dress(turn.Reply{Text: text, Route: turn.Route(route)}, q, offers)
		if got := r.Brief; got != brief || r.Text != whole {
			t.Errorf("%s: %q and %q, want %q and %q", name, got, r.Text, brief, whole)
		}
	}
	long := strings.Repeat("字", 48) + "。"
	sale := []string{"满299减50。", "another"}
	f("plain", "faq", "zh", intent.Neutral, "可以。", nil, "可以。", "可以。")
	f("angry", "faq", "zh", intent.Angry, "可以。", nil, "非常抱歉给您添麻烦了！可以。", "非常抱歉给您添麻烦了！可以。")
	f("in English", "rule", "en", intent.Satisfied, "Yes.", []string{"50 off 299."}, "Glad to help! Yes. 50 off 299.", "Glad to help! Yes. 50 off 299.")
	f("no room", "faq", "zh", intent.Angry, long, sale, long, "非常抱歉给您添麻烦了！"+long+sale[0])
	f("a model has its own tone", "llm", "zh", intent.Angry, "可以。", sale, "可以。满299减50。", "可以。满299减50。")
	f("no full stop", "faq", "zh", intent.Neutral, "可以", sale, "可以。满299减50。", "可以。满299减50。")
	f("asked for the offer", "rule", "zh", intent.Neutral, sale[0]+"会员九折。", sale, sale[0]+"会员九折。", sale[0]+"会员九折。")
	f("put off", "preset", "zh", intent.Angry, "抱歉。", sale, "", "抱歉。")
}
