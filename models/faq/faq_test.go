package faq

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// shop is the FAQ of a small shop.
func shop() []Entry {
	return []Entry{
		{ID: "invoice", Questions: []string{"能开发票吗", "怎么开电子发票", "发票什么时候开"}, Answer: "可以，在订单页申请。", Language: "zh"},
		{ID: "return", Questions: []string{"支持七天无理由退货吗", "怎么退换货", "不合适可以退吗"}, Answer: "支持七天无理由退换。", Language: "zh"},
		{ID: "shipping", Questions: []string{"今天能发货吗", "什么时候发货", "下单后多久发货"}, Answer: "下单后 48 小时内发出。", Language: "zh"},
		{ID: "carrier", Questions: []string{"发什么快递", "可以发顺丰吗"}, Answer: "默认中通。", Language: "zh"},
		{ID: "size", Questions: []string{"身高体重穿什么码", "尺码偏大还是偏小"}, Answer: "按尺码表选。", Language: "zh"},
		{ID: "shipping-en", Questions: []string{"when will my order ship", "how long does shipping take"}, Answer: "Within 48 hours.", Language: "en"},
	}
}

func mustIndex(t testing.TB, entries []Entry) *Index {
	t.Helper()
	x, err := New(entries)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestNearest(t *testing.T) {
	x := mustIndex(t, shop())
	f := func(text, id string, confident bool) {
		t.Helper()
		got := x.Nearest(text, 1)
		switch {
		case id == "" && len(got) == 0:
		case len(got) == 0:
			t.Errorf("%q: nothing found, want %s", text, id)
		case got[0].Entry.ID != id && id != "?" || got[0].Confident() != confident:
			t.Errorf("%q: %s %.3f by %q, want %s, confident %v", text, got[0].Entry.ID, got[0].Score, got[0].Question, id, confident)
		}
	}
	f("能开发票吗", "invoice", true)
	f("能开发票吗？？", "invoice", true)
	f("请问能开发票吗", "invoice", true)
	f("怎么退换货呀", "return", true)
	f("今天能不能发货", "shipping", true)
	f("可以发顺丰么", "carrier", true)
	f("How long does SHIPPING take?", "shipping-en", true)
	f("尺码偏小吗", "size", false)
	f("你们老板帅不帅", "?", false) // something is always a little near
	f("zzz", "", false)
	f("", "", false)
	f("。。。", "", false)
}

func TestNearestAreInOrder(t *testing.T) {
	x := mustIndex(t, shop())
	all := x.Nearest("今天发什么快递，能开发票吗", 10)
	if !slices.IsSortedFunc(all, func(a, b Match) int { return int(math.Copysign(1, b.Score-a.Score)) }) {
		t.Errorf("not in order: %v", all)
	}
	if one := x.Nearest("今天发什么快递，能开发票吗", 1); len(one) != 1 || one[0] != all[0] {
		t.Errorf("the first of one is %v, of all %v", one, all)
	}
	if got := x.Nearest("能开发票吗", 0); got != nil {
		t.Errorf("none asked for, got %v", got)
	}
	twins := mustIndex(t, []Entry{{ID: "b", Questions: []string{"包邮吗"}, Answer: "b"}, {ID: "a", Questions: []string{"包邮吗"}, Answer: "a"}})
	if got := twins.Nearest("包邮吗", 2); got[0].Entry.ID != "a" || got[0].Score != got[1].Score || got[0].Score != 1 {
		t.Errorf("twins: %v", got)
	}
}

// However few are asked for, they are the first of all in the order of scores
// and then of ids.
func TestNearestAreTheFirstOfAll(t *testing.T) {
	x := mustIndex(t, large())
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.StringMatching(`[能开发票吗怎退换货 model0-9]{1,12}`).Draw(rt, "text")
		all := x.Nearest(text, MaxEntries)
		if !slices.IsSortedFunc(all, func(a, b Match) int {
			return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Entry.ID, b.Entry.ID))
		}) {
			rt.Fatalf("%q: not in order", text)
		}
		k := rapid.IntRange(1, 8).Draw(rt, "k")
		if got := x.Nearest(text, k); !slices.Equal(got, all[:min(k, len(all))]) {
			rt.Fatalf("%q: %v are not the first of %v", text, got, all)
		}
	})
}

// The score is the cosine of the definition, computed here the long way.
func TestScoreIsItsFormula(t *testing.T) {
	x := mustIndex(t, []Entry{{ID: "1", Questions: []string{"ab"}, Answer: "x"}, {ID: "2", Questions: []string{"a"}, Answer: "x"}})
	// "ab": a, b, ^a, ab, b$, ^a in threes with the edge twice, ^ab, ab$, and the
	// word; "a" shares a, ^a and the three with two edges.
	got := x.Nearest("a", 2)
	if got[0].Entry.ID != "2" || got[0].Score != 1 {
		t.Fatalf("nearest %v", got)
	}
	rare, shared := math.Log(3.0/2)+1, math.Log(3.0/3)+1
	one, both := len(distinct("a")), len(common("a", "ab"))
	short := math.Sqrt(float64(both)*shared*shared + float64(one-both)*rare*rare)
	long := math.Sqrt(float64(both)*shared*shared + float64(len(distinct("ab"))-both)*rare*rare)
	want := float64(both) * shared * shared / short / long
	if math.Abs(got[1].Score-want) > 1e-6 {
		t.Errorf("score %v, the formula gives %v", got[1].Score, want)
	}
}

// The order of entries does not matter, and nobody's look-up shows in another's.
func TestOrderOfEntries(t *testing.T) {
	texts := []string{"能开发票吗", "发货", "size", "退货运费谁出", "今天发顺丰吗"}
	x := mustIndex(t, shop())
	rapid.Check(t, func(t *rapid.T) {
		y, err := New(rapid.Permutation(shop()).Draw(t, "entries"))
		if err != nil {
			t.Fatal(err)
		}
		for _, text := range texts {
			if a, b := list(x.Nearest(text, 9)), list(y.Nearest(text, 9)); !slices.Equal(a, b) {
				t.Fatalf("%q: %v, in another order %v", text, a, b)
			}
		}
	})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for i := range 200 {
				if got := x.Nearest(texts[i%len(texts)], 1); len(got) == 1 && got[0].Score > 1 {
					t.Errorf("%q: %v", texts[i%len(texts)], got)
				}
			}
		})
	}
	wg.Wait()
}

func list(all []Match) (out []string) {
	for _, m := range all {
		out = append(out, fmt.Sprintf("%s %s %.6f", m.Entry.ID, m.Question, m.Score))
	}
	return out
}

func TestNewRefuses(t *testing.T) {
	f := func(want string, entries ...Entry) {
		t.Helper()
		if _, err := New(entries); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	fine := Entry{ID: "a", Questions: []string{"包邮吗"}, Answer: "包"}
	with := func(change func(*Entry)) Entry { e := fine; change(&e); return e }
	f("id", with(func(e *Entry) { e.ID = "" }))
	f("id", fine, fine)
	f("questions", with(func(e *Entry) { e.Questions = nil }))
	f("questions", with(func(e *Entry) { e.Questions = slices.Repeat([]string{"包邮吗"}, MaxQuestions+1) }))
	f("no letters", with(func(e *Entry) { e.Questions = []string{"？"} }))
	f("answer", with(func(e *Entry) { e.Answer = "" }))
	f("lang", with(func(e *Entry) { e.Language = "fr" }))
	f("entries", make([]Entry, MaxEntries+1)...)
	if x := mustIndex(t, nil); x.Nearest("包邮吗", 3) == nil {
		t.Error("an empty index answers with nil, not with no matches")
	}
}

func FuzzNearest(f *testing.F) {
	for _, text := range []string{"", "能开发票吗", "\xff\xfe", strings.Repeat("发", 10_000), "how long", "👍"} {
		f.Add(text, 3)
	}
	x := mustIndex(f, shop())
	f.Fuzz(func(t *testing.T, text string, k int) {
		got := x.Nearest(text, k)
		if len(got) > max(k, 0) || len(got) > len(shop()) {
			t.Errorf("%q: %d matches of %d", text, len(got), k)
		}
		for _, m := range got {
			if !(m.Score >= 0 && m.Score <= 1) {
				t.Errorf("%q: score %v", text, m.Score)
			}
		}
		if again := x.Nearest(text, k); !slices.Equal(got, again) {
			t.Errorf("%q: %v, then %v", text, got, again)
		}
	})
}
