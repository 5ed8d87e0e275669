package reply

import "askbuy/reply/turn"

// text is one text in both languages.
type text struct{ zh, en string }

func (t text) in(language string) string {
	if language == english {
		return t.en
	}
	return t.zh
}

// What shoppers read when no step answered.
var (
	presetText = text{
		"抱歉，这个问题我还不太确定，您可以换个说法，或回复“人工”找客服。",
		"Sorry, I am not sure. Rephrase, or reply \"agent\".",
	}
	handoverText = text{
		"正在为您转接人工客服，请稍候，我们会尽快回复您。",
		"A colleague is being called and will answer soon.",
	}
	privacyText = text{
		"为了回答您的问题，本次对话会被保存，其中的电话、地址等个人信息会先隐去。您可以随时要求删除。",
		"To answer you we keep this conversation; phone numbers, addresses and the like are masked first. You may ask for its deletion at any time.",
	}
)

// preset is the answer when there is none. It tells how near the nearest
// answer was.
func preset(t *turn.Turn, nearest turn.Reply) turn.Reply {
	return turn.Reply{
		Text: presetText.in(t.Language), Route: turn.RoutePreset, Confidence: nearest.Confidence, Below: nearest.Below,
	}
}
