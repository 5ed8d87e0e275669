package knowledge

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"pgregory.net/rapid"

	"askbuy/models/faq"
)

func mustSet(t testing.TB, base []faq.Entry) *Set {
	t.Helper()
	s, err := NewSet(base)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The shipped set answers a shop's first day, in both languages, within what a
// mini program shows.
func TestStarter(t *testing.T) {
	s := mustSet(t, nil)
	f := func(text, id string) {
		t.Helper()
		got := s.Nearest("new shop", text, 1)
		if len(got) == 0 || got[0].Entry.ID != id || !got[0].Confident() {
			t.Errorf("%q: %+v, want %s", text, got, id)
		}
	}
	f("能开发票吗？", "starter-invoice-zh")
	f("链接打不开", "starter-fault-zh")
	f("页面一直转圈", "starter-fault-zh")
	f("请问怎么退货", "starter-return-zh")
	f("How do I return an item?", "starter-return-en")
	f("Where can I track my order", "starter-logistics-en")
	f("where is my parcel?", "starter-logistics-en")
	f("我的订单还没发货", "starter-logistics-zh")
	f("快递到哪里查", "starter-logistics-zh")
	f("怎么开发票", "starter-invoice-zh")
	f("退款多久到账", "starter-refund-time-zh")
	f("我想退货", "starter-return-zh")
	f("你好，怎么退货", "starter-return-zh")
	f("你好", "starter-hello-zh")
	f("谢谢！", "starter-thanks-zh")
	if got := s.Nearest("new shop", "想换个颜色", 1); len(got) > 0 && got[0].Confident() {
		t.Errorf("another colour is taken for %+v", got)
	}
	for _, e := range s.Shop("").Entries {
		if n := len([]rune(e.Answer)); n > 50 {
			t.Errorf("%s: its answer has %d characters", e.ID, n)
		}
		if want := e.ID[len(e.ID)-2:]; e.Language != want {
			t.Errorf("%s is of language %q", e.ID, e.Language)
		}
	}
}

func live(shop, id, question, answer string) Record {
	return Record{ShopID: shop, ID: id, State: Live, Origin: Imported, Questions: []string{question}, Answer: answer, Language: "zh"}
}

func TestSet(t *testing.T) {
	s := mustSet(t, nil)
	before := s.Version("1")
	says := func(shop, text, answer string) {
		t.Helper()
		got := s.Nearest(shop, text, 1)
		if answer == "" && (len(got) == 0 || !got[0].Confident()) {
			return
		}
		if len(got) == 0 || got[0].Entry.Answer != answer {
			t.Errorf("shop %s, %q: %+v, want %q", shop, text, got, answer)
		}
	}
	s.Apply(live("1", "gift", "可以送礼盒吗", "可以，下单备注。"))
	says("1", "可以送礼盒吗", "可以，下单备注。")
	says("2", "可以送礼盒吗", "")
	says("1", "页面一直转圈", "抱歉！请关掉小程序重新进入，还不行请回复“人工”。")
	if s.Version("1") == before || s.Version("2") != before {
		t.Error("versions do not follow the entries of each shop")
	}
	with := s.Version("1")
	s.Apply(live("1", "gift", "可以送礼盒吗", "不可以。"))
	says("1", "可以送礼盒吗", "不可以。")
	s.Apply(live("1", "starter-fault-zh", "页面一直转圈", "我们马上修。")) // in the place of the shipped one
	says("1", "页面一直转圈", "我们马上修。")
	s.Apply(Record{ShopID: "1", ID: "starter-fault-zh", State: Removed})
	says("1", "页面一直转圈", "")
	says("2", "页面一直转圈", "抱歉！请关掉小程序重新进入，还不行请回复“人工”。")
	s.Apply(Record{ShopID: "1", ID: "gift", State: Removed})
	says("1", "可以送礼盒吗", "")
	s.Apply(live("1", "gift", "可以送礼盒吗", "可以，下单备注。"))
	s.Apply(Record{ShopID: "1", ID: "r-1", State: Rejected, Questions: []string{"你好帅"}})
	if s.Version("1") == with {
		t.Error("another set has the version of an earlier one")
	}
}

// What a shop knows depends on the last record of each entry, not on how often
// or between which others it came: the order across entries does not matter.
func TestSetConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var records []Record
		for i := range rapid.IntRange(1, 12).Draw(t, "records") {
			r := live("1", fmt.Sprint("e", rapid.IntRange(0, 3).Draw(t, "id")), fmt.Sprint("问题", i), fmt.Sprint("答", i))
			if rapid.Bool().Draw(t, "removed") {
				r.State = Removed
			}
			records = append(records, r)
		}
		a, b := mustSet(nil2(t), []faq.Entry{}), mustSet(nil2(t), []faq.Entry{})
		for _, r := range records {
			a.Apply(r)
			a.Shop("1") // looked at in between
		}
		byEntry := slices.Clone(records)
		slices.SortStableFunc(byEntry, func(x, y Record) int { return strings.Compare(y.ID, x.ID) })
		for _, r := range byEntry {
			b.Apply(r)
		}
		for _, r := range byEntry { // an instance that reads the log once more
			b.Apply(r)
		}
		if a.Version("1") != b.Version("1") {
			t.Fatalf("%v in one order, %v in another", a.Shop("1").Entries, b.Shop("1").Entries)
		}
	})
}

// nil2 lets helpers of testing.TB be used in a rapid check.
func nil2(t *rapid.T) testing.TB { return fatal{t: t} }

type fatal struct {
	testing.TB
	t *rapid.T
}

func (f fatal) Helper()           {}
func (f fatal) Fatal(args ...any) { f.t.Fatal(args...) }

// While a shop is laid out anew, others look up what it was.
func TestSetServesWhileItIsBuilt(t *testing.T) {
	s := mustSet(t, []faq.Entry{})
	s.Apply(live("1", "gift", "可以送礼盒吗", "可以。"))
	before := s.Shop("1")
	s.Apply(live("1", "gift", "可以送礼盒吗", "不可以。"))
	s.shops["1"].building.Lock()
	if got := s.Shop("1"); got != before {
		t.Error("a look-up waits for the building")
	}
	s.shops["1"].building.Unlock()
	if got := s.Nearest("1", "可以送礼盒吗", 1); got[0].Entry.Answer != "不可以。" || s.Fresh("1") != s.Shop("1") {
		t.Errorf("%+v", got)
	}
}

func asked(text string, count uint64, first int64) Asked {
	return Asked{ShopID: "1", Text: text, Language: "zh", Count: count, First: first, Last: first + 10}
}

func TestCluster(t *testing.T) {
	s := mustSet(t, nil)
	all := []Asked{
		asked("可以送礼盒包装吗", 2, 100), asked("能送礼盒包装吗", 3, 200), asked("可以送礼盒包装吗？", 1, 300),
		asked("这个杯子能放洗碗机吗", 4, 50), asked("你好帅", 9, 10), asked("你好帅呀", 1, 5), asked("？？？", 9, 20), asked("能开发票吗", 9, 30),
	}
	rejected, err := reject(Question{ShopID: "1", ID: questionID("1", "你好帅呀"), Wordings: []string{"你好帅呀"}}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	got := Cluster(all, s.Shop("1"), []Record{rejected})
	if len(got) != 2 {
		t.Fatalf("%d questions: %+v", len(got), got)
	}
	box := got[0]
	if box.Text != "可以送礼盒包装吗" || box.Asked != 6 || box.First != 100 || box.Last != 310 || len(box.Wordings) != 3 || box.State != "pending" || box.Language != "zh" {
		t.Errorf("%+v", box)
	}
	if got[1].Text != "这个杯子能放洗碗机吗" || got[1].Asked != 4 {
		t.Errorf("%+v", got[1])
	}
	if shop, ok := shopOf(box.ID); !ok || shop != "1" {
		t.Errorf("the id %s names shop %q", box.ID, shop)
	}
	for _, id := range []string{"", ".", "abc", "!.0123"} {
		if shop, ok := shopOf(id); ok {
			t.Errorf("%q names shop %q", id, shop)
		}
	}
}

// What is kept of a rejected question has none of a shopper's words, also where
// an older version had kept them.
func TestARejectionKeepsNoWords(t *testing.T) {
	const words = "你好帅呀"
	record, err := reject(Question{ShopID: "1", ID: questionID("1", words), Wordings: []string{words}}, "", 0)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(record)
	if err != nil || strings.Contains(string(raw), words) {
		t.Errorf("%s, %v", raw, err)
	}
	s := mustSet(t, nil)
	s.Apply(Record{ShopID: "1", ID: record.ID, State: Rejected, Questions: []string{words}})
	kept := slices.Collect(maps.Values(s.Records("1")))
	if len(kept) != 1 || kept[0].Questions != nil || len(Cluster([]Asked{asked(words, 1, 0)}, s.Shop("1"), kept)) != 0 {
		t.Errorf("kept %+v", kept)
	}
}

// A question keeps its id whatever is asked after it, and every wording is
// counted once, in whatever order the warehouse gives them.
func TestClusterIsStable(t *testing.T) {
	texts := []string{"可以送礼盒包装吗", "能送礼盒包装吗", "这个杯子能放洗碗机吗", "杯子可以放洗碗机里吗", "有实体店吗", "你们有没有实体店", "支持货到付款吗"}
	s := mustSet(t, []faq.Entry{})
	rapid.Check(t, func(t *rapid.T) {
		var all []Asked
		for i, text := range rapid.Permutation(texts).Draw(t, "texts") {
			all = append(all, asked(text, uint64(rapid.IntRange(1, 5).Draw(t, "count")), int64(i)))
		}
		whole := Cluster(rapid.Permutation(all).Draw(t, "order"), s.Shop("1"), nil)
		ids, total := map[string]bool{}, uint64(0)
		for _, q := range whole {
			if ids[q.ID] {
				t.Fatalf("%s comes twice", q.ID)
			}
			ids[q.ID] = true
			total += q.Asked
		}
		var want uint64
		for _, a := range all {
			want += a.Count
		}
		if total != want {
			t.Fatalf("%d wordings of %d are counted", total, want)
		}
		for _, q := range Cluster(all[:rapid.IntRange(1, len(all)).Draw(t, "earlier")], s.Shop("1"), nil) {
			if !ids[q.ID] {
				t.Fatalf("%q has lost its id to a later one", q.Text)
			}
		}
	})
}

func TestDecodeRefuses(t *testing.T) {
	f := func(raw, want string) {
		t.Helper()
		if _, err := decode([]byte(raw)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", raw, err, want)
		}
	}
	f(`{`, "decode")
	f(`{"shop_id":"","id":"a","state":"live","at":1}`, "shop_id")
	f(`{"shop_id":"1","id":"","state":"live","at":1}`, "id")
	f(`{"shop_id":"1","id":"a\nb","state":"live","at":1}`, "one line")
	f(`{"shop_id":"1","id":"a","state":"dead","at":1}`, "state")
	f(`{"shop_id":"1","id":"a","state":"live","questions":[""],"at":1}`, "question")
	f(`{"shop_id":"1","id":"a","state":"live","answer":"`+strings.Repeat("字", maxAnswer+1)+`","at":1}`, "answer")
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"shop_id":"1","id":"a","state":"live","questions":["包邮吗"],"answer":"包","lang":"zh","at":1}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := decode(raw)
		if err != nil {
			return
		}
		s := mustSet(t, []faq.Entry{})
		s.Apply(r)
		s.Nearest(r.ShopID, "包邮吗", 3)
	})
}
