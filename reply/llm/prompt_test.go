package llm

import (
	"context"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"askbuy/reply/turn"
)

func TestShorten(t *testing.T) {
	f := func(text, about string, room int, want string) {
		t.Helper()
		if got := Shorten(text, about, room); got != want {
			t.Errorf("%q for %d: %q, want %q", text, room, got, want)
		}
	}
	f("你好。能开发票吗？", "发票", 100, "你好。能开发票吗？")
	f("今天天气很好。我昨天买了一件衣服。发票怎么开呢？谢谢你。", "怎么开发票", 16, "今天天气很好。发票怎么开呢？")
	f("今天天气很好。我昨天买了一件衣服。发票怎么开呢？", "怎么开发票", 8, "发票怎么开呢？")
	f("一二三四五六七八九十", "", 4, "一二三四")
	f("First one. The invoice please. Bye.", "invoice", 6, "The invoice please.")
	f("", "", 0, "")
	f("一二三四五六七八九十", "", -100, "")
}

// What is shortened has room, is made of the text's own characters in their
// order, and to shorten it again changes nothing.
func TestShortenProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("今天好发票 ab。？.\n"))).Draw(t, "text")
		room := rapid.IntRange(-80, 40).Draw(t, "room")
		got := Shorten(text, "发票", room)
		if tokens(got) > max(0, room) {
			t.Fatalf("%q has %d tokens, %d were allowed", got, tokens(got), room)
		}
		rest := []rune(text)
		for _, r := range got {
			for len(rest) > 0 && rest[0] != r {
				rest = rest[1:]
			}
			if len(rest) == 0 {
				t.Fatalf("%q is not of %q", got, text)
			}
			rest = rest[1:]
		}
		if again := Shorten(got, "发票", room); again != got {
			t.Fatalf("%q, then %q", got, again)
		}
	})
}

// The latest rounds stay when not all have room, and roles alternate.
func TestMessages(t *testing.T) {
	r := Request{Instructions: strings.Repeat("规", 100), Question: "问题"}
	for range 5 {
		r.Rounds = append(r.Rounds, Exchange{strings.Repeat("问", 60), strings.Repeat("答", 60)})
	}
	r.Rounds[4].Answer = ""
	got := messages(r, 400)
	total := 0
	for i, m := range got {
		total += tokens(m.Content) + messageTokens
		want := "user"
		if i%2 == 0 {
			want = "assistant"
		}
		if i == 0 {
			want = "system"
		}
		if m.Role != want {
			t.Errorf("message %d is of %s, want %s", i, m.Role, want)
		}
	}
	if len(got) != 6 || total > 400 || got[len(got)-1].Content != "问题" {
		t.Errorf("%d messages of %d tokens, the last %q", len(got), total, got[len(got)-1].Content)
	}
}

// Facts have half of the room together, however long they are, and the order of
// a shopper stays beside long entries of a FAQ.
func TestFactsFit(t *testing.T) {
	long := strings.Repeat("签收后七天内可以无理由退货。", 300)
	room := 200
	got := fit([]string{"订单1已发货。", "怎么退货 " + long, "退货运费 " + long}, "怎么退货", room)
	total := 0
	for _, fact := range got {
		total += tokens(fact)
	}
	if len(got) != 3 || got[0] != "订单1已发货。" || total > room || total < room*3/4 {
		t.Errorf("%d facts of %d tokens: %q", len(got), total, got)
	}
	c := Config{URL: "http://x/v1", Model: "m"}.WithDefaults()
	s := &Step{Client: &Client{config: c}, Context: func(context.Context, *turn.Turn) []turn.Round { return nil }}
	r := s.request(t.Context(), &turn.Turn{Text: "怎么退货", Language: "zh"}, Known{Facts: []string{long, long, long}})
	total = 0
	for _, m := range messages(r, c.ContextTokens-c.MaxTokens) {
		total += tokens(m.Content) + messageTokens
	}
	if total > c.ContextTokens-c.MaxTokens || !strings.Contains(r.Instructions, "无理由") {
		t.Errorf("the endpoint is sent %d tokens, of %d", total, c.ContextTokens-c.MaxTokens)
	}
}

func TestStyleOf(t *testing.T) {
	f := func(p turn.Profile, want string) {
		t.Helper()
		if got := styleOf(p); got != want {
			t.Errorf("%+v: %q, want %q", p, got, want)
		}
	}
	f(turn.Profile{}, "")
	f(turn.Profile{Kind: "new", DaysSinceLast: 100}, "new")
	f(turn.Profile{Kind: "vip", Orders: 9, DaysSinceLast: 3}, "vip")
	f(turn.Profile{Kind: "vip", Orders: 9, DaysSinceLast: 100}, "lapsed")
}
