package dialogue

import (
	"slices"
	"strings"
)

// Texts that are an event as a whole.
var (
	confirms = []string{
		"确认", "确认修改", "是", "是的", "对", "对的", "没错", "好", "好的", "好滴", "可以", "行", "嗯", "嗯嗯", "确定", "ok", "okay", "yes", "yep",
		"sure", "confirm", "confirmed", "correct", "that's right", "fine",
	}
	cancels = []string{
		"取消", "取消修改", "不", "不是", "不对", "不用", "不用了", "不要了", "不改了", "不需要", "不需要了", "算了", "算了吧", "no", "nope", "cancel",
		"never mind", "nevermind", "no thanks", "no thank you", "forget it",
	}
)

// Words that make an event where they stand in a text.
var (
	fees = []string{
		"运费", "邮费", "快递费", "包邮", "shipping fee", "shipping cost", "delivery fee", "delivery cost", "delivery charge",
		"shipping charge", "postage", "free shipping", "free delivery", "how much is shipping", "how much is delivery",
	}
	places  = []string{"地址", "收货人", "收货信息", "address"}
	changes = []string{"改", "换", "填错", "写错", "错了", "更正", "change", "update", "correct", "edit", "wrong", "modify"}
	// Who returns goods asks for the fee and the address of that.
	returns = []string{"退货", "退回", "寄回", "退换", "return"}
)

// eventOf is what a text does to a dialogue, or "".
func eventOf(text string) Event {
	text = lower(text)
	whole := trimmed(text)
	switch {
	case slices.Contains(confirms, whole):
		return Confirm
	case slices.Contains(cancels, whole):
		return Cancel
	}
	has := func(words []string) bool {
		return slices.ContainsFunc(words, func(word string) bool { return strings.Contains(text, word) })
	}
	switch {
	case has(returns):
		return ""
	case has(places) && has(changes):
		return ChangeAddress
	case has(fees):
		return AskFee
	}
	return ""
}
