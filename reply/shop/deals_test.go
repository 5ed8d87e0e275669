package shop

import (
	"testing"

	"askbuy/models/intent"
	"askbuy/reply/turn"
)

func TestDeals(t *testing.T) {
	running := []string{"满299减50。", "会员九折。"}
	f := func(want string, scored intent.Scored, offers []string) {
		t.Helper()
		r, ok := Deals{func(*turn.Turn) []string { return offers }}.Answer(t.Context(), &turn.Turn{Intent: scored, Language: "zh"})
		if ok != (want != "") || r.Text != want {
			t.Errorf("%+v with %v: %q, %v, want %q", scored, offers, r.Text, ok, want)
		}
	}
	f("满299减50。会员九折。", intent.Scored{Intent: "coupon_query", IntentConfidence: .9}, running)
	f("满299减50。会员九折。", intent.Scored{Intent: "bargain", IntentConfidence: .7}, running)
	f("", intent.Scored{Intent: "coupon_query", IntentConfidence: .69}, running)
	f("", intent.Scored{Intent: "coupon_query", IntentConfidence: .9}, nil)
	f("", intent.Scored{Intent: "size_query", IntentConfidence: .9}, running)
}
