package cache

import (
	"fmt"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"
)

// still is a clock that tests move.
type still struct{ now int64 }

func (s *still) NowNano() int64                      { return s.now }
func (s *still) Tick(time.Duration) <-chan time.Time { return nil }
func (s *still) forward(d time.Duration)             { s.now += int64(d) }

func open(t *testing.T, size int, lifetime time.Duration) (*Cache[string], *still) {
	t.Helper()
	clock := &still{now: 1}
	c, err := New[string](size, lifetime, clock)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c, clock
}

var scope = Scope{Shop: "1", Language: "zh", Arm: "greeting/a", Model: "m", FAQ: "v1"}

func TestLifetime(t *testing.T) {
	c, clock := open(t, ContextSize, Lifetime)
	k := InContext(scope, "u1", []string{"这件有M码吗"}, "那L码呢")
	c.Put(k, "有的")
	clock.forward(Lifetime - time.Second)
	if got, ok := c.Get(k); !ok || got != "有的" {
		t.Errorf("before ten minutes: %q, %v", got, ok)
	}
	clock.forward(2 * time.Second) // what was read does not live longer
	if got, ok := c.Get(k); ok {
		t.Errorf("after ten minutes: %q", got)
	}
}

// A thousand answers are kept; one that is asked for stays while ten thousand
// others come once.
func TestHotSize(t *testing.T) {
	c, _ := open(t, HotSize, HotLifetime)
	wanted := Hot(scope, "能开发票吗")
	c.Put(wanted, "可以")
	for i := range 10_000 {
		c.Put(Hot(scope, fmt.Sprint("question", i)), "x")
		if _, ok := c.Get(wanted); !ok {
			t.Fatalf("gone after %d others", i)
		}
	}
	if n := c.Len(); n > HotSize || n < HotSize/2 {
		t.Errorf("%d answers, want up to %d", n, HotSize)
	}
}

// Every part of a key tells, and none can stand for another.
func TestKeys(t *testing.T) {
	keys := map[Key]string{}
	add := func(name string, k Key) {
		t.Helper()
		if other, twice := keys[k]; twice {
			t.Errorf("%s has the key of %s", name, other)
		}
		keys[k] = name
	}
	with := func(f func(*Scope)) Scope { s := scope; f(&s); return s }
	add("itself", Hot(scope, "能开发票吗"))
	add("question", Hot(scope, "怎么退货"))
	add("shop", Hot(with(func(s *Scope) { s.Shop = "2" }), "能开发票吗"))
	add("language", Hot(with(func(s *Scope) { s.Language = "en" }), "能开发票吗"))
	add("arm", Hot(with(func(s *Scope) { s.Arm = "greeting/b" }), "能开发票吗"))
	add("model", Hot(with(func(s *Scope) { s.Model = "n" }), "能开发票吗"))
	add("faq", Hot(with(func(s *Scope) { s.FAQ = "v2" }), "能开发票吗"))
	add("shifted", Hot(with(func(s *Scope) { s.Shop, s.Language = "1z", "h" }), "能开发票吗"))
	add("in context", InContext(scope, "", nil, "能开发票吗"))
	add("shopper", InContext(scope, "u1", nil, "能开发票吗"))
	add("after", InContext(scope, "", []string{"a"}, "能开发票吗"))
	add("after others", InContext(scope, "", []string{"a", "b"}, "能开发票吗"))
	add("the other way round", InContext(scope, "", []string{"b", "a"}, "能开发票吗"))
	add("joined", InContext(scope, "", []string{"ab"}, "能开发票吗"))
}

func TestPlain(t *testing.T) {
	f := func(a, b string, same bool) {
		t.Helper()
		if (Hot(scope, a) == Hot(scope, b)) != same {
			t.Errorf("%q and %q: the same must be %v", a, b, same)
		}
	}
	f("能开发票吗", "能开发票吗？？", true)
	f("能开发票吗", "能 开发票 吗", true)
	f("Size M?", "size m", true)
	f("ＳＩＺＥ m", "size m", true)
	f("size m.", "size m", true)
	f("size m -.", "size m -", true)
	f("size m .", "size m", true)
	f("size m", "sizem", false)
	f("1.5米", "15米", false)
	f("满299减50", "满299 减 50", true)
	f("-5", "5", false)
	f("[phone]", "phone", false)
}

// Those are letters without a case: that they are read without tables changes
// no key.
func TestHanAreLettersWithoutCase(t *testing.T) {
	for r := rune(firstHan); r <= lastHan; r++ {
		if !unicode.IsLetter(r) || unicode.ToLower(r) != r || r >= 0xFF01 {
			t.Fatalf("%U is not", r)
		}
	}
}

func BenchmarkHot(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Hot(scope, "签收以后多少天之内可以无理由退换货,来回的运费由谁来承担")
	}
}

func TestPlainIsIdempotent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := plain(rapid.String().Draw(t, "text"))
		if again := plain(s); again != s {
			t.Fatalf("%q, then %q", s, again)
		}
	})
}
