package intent

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNormalise(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		var got []rune
		n := normaliser{text: text, last: ' '}
		for r, _, ok := n.next(); ok; r, _, ok = n.next() {
			got = append(got, r)
		}
		if string(got) != want {
			t.Errorf("%q reads %q, want %q", text, string(got), want)
		}
	}
	f("", "")
	f("有券吗？", "有券吗 ")
	f("  A,,b  ", "a b ")
	f("ＡＢＣ　１２", "abc 00")
	f("订单20250625001", "订单0000")
	f("哈哈哈哈哈哈", "哈哈哈")
	f("soooooo", "sooo")
	f("I’m", "i'm")
	f("a\u200bb", "ab")
	f("好👍🏻", "好👍🏻")
	f(strings.Repeat("ab", 400), strings.Repeat("ab", 256))
}

func TestFeatures(t *testing.T) {
	f := func(text string, want int) {
		t.Helper()
		if got := len(Features(nil, text)); got != want {
			t.Errorf("%q: %d features, want %d", text, got, want)
		}
	}
	f("", 0)
	f("!!", 0)
	f("券", 3+2)
	f("有券", 2*3+2)
	f("ab", 2*3+2+1)    // and one word
	f("a b", 3*3-1+2+3) // a space is no 1-gram; two words and their pair
	if a, b := Features(nil, "有券吗"), Features(nil, "你好，有券吗"); !containsAll(b, a) {
		t.Error("a clause has other features within a text than alone")
	}
}

func containsAll(all, some []uint32) bool {
	for _, x := range some {
		if !slices.Contains(all, x) {
			return false
		}
	}
	return true
}

// All lanes at once are the same as one after the other.
func TestTopicTable(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		weights := rapid.SliceOfN(rapid.Int8(), 4*Lanes, 4*Lanes).Draw(t, "weights")
		features := rapid.SliceOfN(rapid.Uint32(), 0, 700).Draw(t, "features")
		var got, want [Lanes]int32
		packTopics(weights).sum(&got, features)
		for _, f := range features {
			for lane := range want {
				want[lane] += int32(weights[TopicRow(f, 4)*Lanes+lane])
			}
		}
		if got != want {
			t.Fatalf("sums %v, want %v", got, want)
		}
	})
	var got, want [Lanes]int32 // the greatest and the least weight, often
	weights := slices.Repeat([]int8{127, -128}, Lanes/2)
	packTopics(weights).sum(&got, make([]uint32, 1000))
	for lane := range want {
		want[lane] = 1000 * int32(weights[lane])
	}
	if got != want {
		t.Errorf("sums %v, want %v", got, want)
	}
}

// A text in traditional characters is read as the same one in simplified ones.
func TestTraditional(t *testing.T) {
	for _, pair := range [][2]string{
		{"這件衣服還有貨嗎", "这件衣服还有货吗"}, {"請問什麼時候發貨", "请问什么时候发货"}, {"東西壞了我要退款", "东西坏了我要退款"},
		{"可以幫我換尺碼嗎？", "可以帮我换尺码吗？"}, {"運費多少錢", "运费多少钱"},
	} {
		if a, b := Features(nil, pair[0]), Features(nil, pair[1]); !slices.Equal(a, b) {
			t.Errorf("%q and %q are read as different texts", pair[0], pair[1])
		}
	}
	if a, b := Features(nil, "后面"), Features(nil, "前面"); slices.Equal(a, b) {
		t.Error("all texts are the same")
	}
}
