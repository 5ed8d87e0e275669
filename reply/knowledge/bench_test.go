package knowledge

import (
	"fmt"
	"testing"

	"askbuy/models/faq"
)

// A shop of ten thousand entries: what an approval costs before the next
// look-up, and what a look-up costs.
func BenchmarkSet(b *testing.B) {
	s := mustSet(b, []faq.Entry{})
	for i := range 10_000 {
		id := fmt.Sprint("e", i)
		s.Apply(live("1", id, string(rune(0x4e00+i%5000))+"款怎么用"+id, "答"))
	}
	b.Run("approve", func(b *testing.B) {
		for b.Loop() {
			s.Apply(live("1", "new", "可以送礼盒吗", "可以"))
			s.Shop("1")
		}
	})
	b.Run("look up", func(b *testing.B) {
		for b.Loop() {
			s.Nearest("1", "可以送礼盒吗", 1)
		}
	})
}
