package safety

import "testing"

func TestForeign(t *testing.T) {
	f := func(want bool, language, reply string) {
		t.Helper()
		if got := Foreign(reply, language); got != want {
			t.Errorf("%q to a shopper who reads %s: %v", reply, language, got)
		}
	}
	f(false, "zh", "面料是棉的。")
	f(false, "zh", "XL")
	f(false, "zh", "iPhone 15 Pro Max 可以用")
	f(true, "zh", "It is made of cotton.")
	f(false, "en", "It is made of cotton.")
	f(false, "en", "Tap 申请售后 on the order page.")
	f(true, "en", "面料是棉的。")
	f(true, "en", "OK, 面料是棉的，可以机洗。")
}
