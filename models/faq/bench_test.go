package faq

import (
	"fmt"
	"testing"
)

// large has a thousand entries of three wordings each.
func large() []Entry {
	var all []Entry
	for i := range 1000 {
		id := fmt.Sprintf("%04d", i)
		all = append(all, Entry{ID: id, Answer: id, Questions: []string{
			string(rune(0x4e00+i)) + "款能开发票吗", "怎么退" + string(rune(0x5e00+i)) + "换货", "how to use model " + id,
		}})
	}
	return all
}

func BenchmarkNearest(b *testing.B) {
	for name, entries := range map[string][]Entry{"shop": shop(), "1000 entries": large()} {
		x := mustIndex(b, entries)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				x.Nearest("请问这款能开电子发票吗", 3)
			}
		})
	}
}
