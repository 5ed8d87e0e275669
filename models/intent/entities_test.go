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
	f("满299减50元", "amount:50元")
	f("¥99.5卖不卖", "amount:¥99.5")
	f("for $19.99 ok", "amount:$19.99")
	f("ship to New York", "place:New York")
	f("订单20250625001到哪了", "order_id:20250625001")
	f("20250625001到哪了", "order_id:20250625001")
	f("订单88231怎么还没发", "order_id:88231")
	f("快递单号SF1234567890123查不到", "tracking:SF1234567890123")
	f("单号73112345678901没更新", "tracking:73112345678901")
	f("货号8823还有吗", "sku:8823")
	f("sku: AB-1029 有黑色吗", "sku:AB-1029", "colour:黑色")
	f("a1023那款", "sku:a1023")
	f("is order no 112-3345566 shipped", "order_id:112-3345566")
	f("我170cm 3件", "measure:170cm", "quantity:3件")
	f("买2025年的", []string(nil)...)
	f("用支付宝，发顺丰", "payment:支付宝", "carrier:顺丰")
	f("I'm Jackets shred", []string(nil)...)
	f("X1y2z3", "sku:X1y2z3")
	f("便宜点")
	f("M的肩宽多少", "size:M")
	f("do you have it in L", "size:L")
	f("换个41的", "size:41")
	f("41的还有吗", "size:41")
	f("穿30年了", []string(nil)...)
	f("260行不行", "amount:260")
	f("别家才卖75", "amount:75")
	f("再降30吧", "amount:30")
	f("would you take 250", "amount:250")
	f("给我20天", []string(nil)...)
	f("换成灰行吗", "colour:灰")
	f("红的有吗", "colour:红")
	f("雾霾蓝好看", "colour:雾霾蓝")
	f("有红包吗", "coupon:红包")
	f("明白的", []string(nil)...)
	f("优惠码SUMMER20用不了", "coupon:SUMMER20")
	f("my code WELCOME5 fails", "coupon:WELCOME5")
	f("coupon for shoes", "coupon:coupon", "product:shoes")
	f("加微信abc12345", []string(nil)...)
	f("单号3312045566帮我退", "order_id:3312045566")
	f("KD88Z行吗", "sku:KD88Z")
	f(strings.Repeat("红色", 20), slices.Repeat([]string{"colour:红色"}, maxEntities)...)
}

func TestLexiconFaults(t *testing.T) {
	for _, raw := range []string{``, `[]`, `{"colour":["Red"]}`, `{"colour":[""]}`, `{"colour":["red","red"]}`, `{"a":["x"],"b":["x"]}`} {
		if _, err := parseLexicon([]byte(raw)); err == nil {
			t.Errorf("%s is accepted", raw)
		}
	}
}
