package safety

import "testing"

// What every question costs, and what a model's answer does.
func BenchmarkGuard(b *testing.B) {
	g := guard(b)
	b.Run("question", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.Question("请问这个保温杯可以放进洗碗机里洗吗，有说明书吗")
		}
	})
	b.Run("english question", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.Question("Can this cup go into the dishwasher, and is there a manual?")
		}
	})
	b.Run("answer", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			g.Generated("可以在订单页申请开票哦。还有问题随时问。", []string{"能开发票吗 在订单页申请。"})
		}
	})
}
