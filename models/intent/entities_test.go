package intent

import (
	"slices"
	"strings"
	"testing"
)

func TestEntities(t *testing.T) {
	f := func(text string, want ...string) {
		t.Helper()
		var got []string
		for _, e := range Default().Score(text).Entities {
			got = append(got, e.Type+":"+e.Text)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: %v, want %v", text, got, want)
		}
	}
	f("这件T恤 size M 能发到泰国吗?", "product:T恤", "size:size M", "place:泰国")
	f("如何修改密码?", "account:修改密码")
	f("黑色2XL还有吗", "colour:黑色", "size:2XL")
	f("藏青色的", "colour:藏青色")
	f("买3件多少钱", "quantity:3件")
	f("身高170cm 体重60公斤", "measure:170cm", "measure:60公斤")
	f("有优惠券吗", "coupon:优惠券")
	f("满299减50元", "money:50元")
	f("¥99.5卖不卖", "money:¥99.5")
	f("for $19.99 ok", "money:$19.99")
	f("ship to New York", "place:New York")
	f("订单20250625001到哪了", "number:20250625001")
	f("用支付宝，发顺丰", "payment:支付宝", "carrier:顺丰")
	f("I'm Jackets shred", []string(nil)...)
	f("X1y2z3")
	f("便宜点")
	f(strings.Repeat("红色", 20), slices.Repeat([]string{"colour:红色"}, maxEntities)...)
}

func TestLexiconFaults(t *testing.T) {
	for _, raw := range []string{``, `[]`, `{"colour":["Red"]}`, `{"colour":[""]}`, `{"colour":["red","red"]}`, `{"a":["x"],"b":["x"]}`} {
		if _, err := parseLexicon([]byte(raw)); err == nil {
			t.Errorf("%s is accepted", raw)
		}
	}
}
