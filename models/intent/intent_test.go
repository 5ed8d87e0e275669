package intent

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"
)

// The seeds' sentences, and their neighbours that look alike.
func TestIntentOfSeeds(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		got := Default().Score(text)
		if got.Intent != want {
			t.Errorf("%q: intent %s (%.2f), want %s", text, got.Intent, got.IntentConfidence, want)
		}
		if len(got.IntentPath) != 3 || got.IntentPath[2] != got.Intent {
			t.Errorf("%q: path %v does not lead to %s", text, got.IntentPath, got.Intent)
		}
	}
	f("有优惠券吗", "coupon_query")
	f("便宜点", "bargain")
	f("便宜卖不卖", "price_query")
	f("我的订单还没发货", "logistics")
	f("能开发票吗", "invoice")
	f("想换个颜色", "option_change")
	f("我想换个颜色", "option_change")
	f("怎么退换货", "return_refund")
	f("显胖吗", "size_query")
	f("这个衣服显胖吗", "size_query")
	f("链接打不开", "fault_report")
	f("页面一直转圈", "fault_report")
	f("这件T恤 size M 能发到泰国吗?", "shipping_query")
	f("我买了", "purchase_claim")
	f("如何修改密码?", "account_help")
	f("怎么付款,我现在下单", "checkout_help")
	f("你好", "greeting")
	f("我要投诉你们", "complaint")
	f("转人工", "human_agent")
	f("明天会下雨吗", Other)
	f("what is the capital of france", Other)
	f("where is my order", "logistics")
	f("do you have a coupon", "coupon_query")
	f("I want a refund", "return_refund")
	f("", Other)
	f("?!。", Other)
}

func TestEvidence(t *testing.T) {
	e := func(text string) float64 { return Default().Score(text).Evidence }
	for _, claim := range []string{"我买了", "已拍", "已付款", "下单了", "我已经付款了", "just ordered", "I bought it"} {
		if got := e(claim); got > 0 {
			t.Errorf("%q claims a purchase, evidence %v must not be for one to come", claim, got)
		}
	}
	for _, pair := range [][2]string{
		{"今天能发货吗", "怎么还没发货"}, {"能退吗", "我要退货"}, {"拍下了帮我改价", "便宜点"},
		{"怎么付款", "怎么退款"}, {"我要下单", "我要投诉"}, {"how do I pay", "how do I return this"},
	} {
		if more, less := e(pair[0]), e(pair[1]); more <= less {
			t.Errorf("%q %v, want more than %q %v", pair[0], more, pair[1], less)
		}
	}
	for _, nothing := range []string{"", "   ", "。。。", "\u200b"} {
		if got := e(nothing); got != 0 {
			t.Errorf("%q: evidence %v of nothing", nothing, got)
		}
	}
}

// The look of a text does not change what it says.
func TestInvariance(t *testing.T) {
	for _, text := range []string{"有优惠券吗", "怎么付款", "我要退货", "how do i pay"} {
		want := Default().Score(text)
		for _, same := range []string{text + "？", text + "?!", " " + text + "。。。", "，" + text, strings.ToUpper(text), text + "\ufe0f"} {
			if got := Default().Score(same); got.Evidence != want.Evidence || got.Intent != want.Intent {
				t.Errorf("%q: %v %s, want %v %s as %q", same, got.Evidence, got.Intent, want.Evidence, want.Intent, text)
			}
		}
	}
	half, full := Default().Score("hello coupon 123"), Default().Score("ｈｅｌｌｏ　ｃｏｕｐｏｎ　１２３")
	if half.Evidence != full.Evidence || half.Intent != full.Intent {
		t.Errorf("half-width %+v, full-width %+v", half, full)
	}
}

// What the sample shop's conversations come to.
func TestConversations(t *testing.T) {
	f := func(low, high float64, texts ...string) {
		t.Helper()
		points := make([]Point, len(texts))
		for i, text := range texts {
			points[i] = Point{Params: Default().Params(), TS: 1750830000000 + int64(i)*int64(time.Minute/time.Millisecond), Evidence: Default().Score(text).Evidence}
		}
		folded := Fold("s", points, nil)
		if got := folded[len(folded)-1].BuyScore; got < low || got > high {
			t.Errorf("%q: buyScore %v, want %v to %v", texts, got, low, high)
		}
	}
	f(.4, .699, "有优惠券吗")
	f(.7, 1, "有优惠券吗", "怎么付款,我现在下单")
	f(.7, 1, "这件有M码吗", "今天能发货吗", "就要这个,马上付款")
	f(.7, 1, "is it in stock?", "how do I pay", "I'll take it")
	f(0, .6, "你好")
	f(0, .6, "hello")
	f(0, .3, "我的订单还没发货")
	f(0, .3, "你好", "快递到哪了")
	f(0, .4, "怎么退换货")
	f(0, .3, "收到是坏的", "我要退款", "我要投诉你们")
	f(0, .5, "能开发票吗")
	f(0, .5, "多少钱", "太贵了", "我再看看")
	f(0, .5, "我买了")
}

func TestSentimentAndLanguage(t *testing.T) {
	f := func(text, sentiment, language string) {
		t.Helper()
		got := Default().Score(text)
		if got.Sentiment != sentiment || got.Language != language {
			t.Errorf("%q: %s, %q, want %s, %q", text, got.Sentiment, got.Language, sentiment, language)
		}
	}
	f("谢谢，很满意", "satisfied", "zh")
	f("太差了，垃圾", "angry", "zh")
	f("不满意", "angry", "zh")
	f("不太喜欢这个颜色", "neutral", "zh")
	f("帮我转人工，谢谢", "neutral", "zh")
	f("好的谢谢啦", "satisfied", "zh")
	f("快递到底到哪了", "angry", "zh")
	f("where is my order??", "angry", "en")
	f("我再想想，有点怕买错", "hesitant", "zh")
	f("no thanks", "neutral", "en")
	f("我要投诉你们", "angry", "zh")
	f("多少钱", "neutral", "zh")
	f("love it, thanks", "satisfied", "en")
	f("This is TERRIBLE", "angry", "en")
	f("how much", "neutral", "en")
	f("这件T恤 size M 能发到泰国吗?", "neutral", "mixed")
	f("有L码吗", "neutral", "zh")
	f("いくらですか", "neutral", "other")
	f("сколько стоит", "neutral", "other")
	f("123", "neutral", "")
}

// Of a long text the beginning counts, and nothing is too long.
func TestLongText(t *testing.T) {
	long := strings.Repeat("有优惠券吗，", 90)
	a, b := Default().Score(long), Default().Score(long+strings.Repeat("我要退货", 20_000))
	if utf8.RuneCountInString(long) < maxRunes || a.Evidence != b.Evidence || a.Intent != b.Intent {
		t.Errorf("what follows %d characters counts: %+v, %+v", maxRunes, a, b)
	}
}

// Many may score at once, and nothing of one text shows in another's answer.
func TestScoreConcurrently(t *testing.T) {
	texts := []string{"有红色的吗", "买3件多少钱", "发到泰国吗", "where is my order", ""}
	want := make([]Scored, len(texts))
	for i, text := range texts {
		want[i] = Default().Score(text)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range 200 {
				got, want := Default().Score(texts[i%len(texts)]), want[i%len(texts)]
				if got.Evidence != want.Evidence || got.Intent != want.Intent || !slices.Equal(got.Entities, want.Entities) {
					t.Errorf("%q: %+v, want %+v", texts[i%len(texts)], got, want)
				}
			}
		})
	}
	wg.Wait()
}

func FuzzScore(f *testing.F) {
	for _, text := range []string{"", "有优惠券吗", "size M", "¥99", "$5.", "3.", "12345678901", "\xff\xfe", "T恤2XL", "￥", "i'm 170cm", strings.Repeat("退", 10_000), "👍🏻👨‍👩‍👧 ok 好的 いくら сколько", "订单号-----12345678--"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Default().Score(text)
		if !(got.Evidence >= -maxEvidence && got.Evidence <= maxEvidence) || !(got.IntentConfidence >= 0 && got.IntentConfidence <= 1) {
			t.Errorf("%q: out of range: %+v", text, got)
		}
		if len(got.IntentPath) != 3 || len(got.Entities) > maxEntities {
			t.Errorf("%q: %+v", text, got)
		}
		for _, e := range got.Entities {
			if e.Text == "" || !strings.Contains(text, e.Text) {
				t.Errorf("%q: entity %+v is not of the text", text, e)
			}
		}
		if again := Default().Score(text); again.Evidence != got.Evidence || again.Intent != got.Intent {
			t.Errorf("%q: %+v, then %+v", text, got, again)
		}
	})
}
