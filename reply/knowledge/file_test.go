package knowledge

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"askbuy/models/faq"
)

func TestReadCSV(t *testing.T) {
	f := func(text string, want ...faq.Entry) {
		t.Helper()
		got, err := ReadCSV(strings.NewReader(text))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %+v, %v; want %+v", text, got, err, want)
		}
	}
	one := faq.Entry{ID: "a", Questions: []string{"包邮吗", "运费多少"}, Answer: "满99包邮", Language: "zh"}
	f("id,question,answer,lang\na,包邮吗,满99包邮,zh\na,运费多少,满99包邮,zh\n", one)
	f("\ufeffAnswer,Question,LANG,ID\n满99包邮,包邮吗,zh,a\n满99包邮,运费多少,zh,a\n", one)
	f("question,answer\n包邮吗,包\n运费,包\n", faq.Entry{ID: nameOf("包", ""), Questions: []string{"包邮吗", "运费"}, Answer: "包"})
	f("question,answer,id\n\"a, \"\"b\"\"\",'=1+1,x\n", faq.Entry{ID: "x", Questions: []string{`a, "b"`}, Answer: "=1+1"})
}

func TestReadCSVRefuses(t *testing.T) {
	f := func(text, want string) {
		t.Helper()
		if _, err := ReadCSV(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want an error with %q", text, err, want)
		}
	}
	f("", "first row")
	f("id,question\n", `"answer" is missing`)
	f("question,answer,price\n", `"price" is unknown`)
	f("question,answer,answer\n", "twice")
	f("question,answer\na\n", "wrong number of fields")
	f("id,question,answer\na,1,x\na,2,y\n", "line 3")
	f("question,answer\n\xb0\xfc,x\n", "UTF-8")
}

func TestReadJSON(t *testing.T) {
	got, err := ReadJSON(strings.NewReader(`[{"questions":["包邮吗"],"answer":"包","lang":"zh"},{"id":"b","questions":["x"],"answer":"y"}]`))
	if err != nil || len(got) != 2 || got[0].ID != nameOf("包", "zh") || got[1].ID != "b" {
		t.Errorf("%+v, %v", got, err)
	}
	for _, raw := range []string{"", "{}", `[{"question":"a"}]`, `[{"id":"a","id":"b"}]`, `[] []`} {
		if _, err := ReadJSON(strings.NewReader(raw)); err == nil {
			t.Errorf("%s is taken", raw)
		}
	}
}

// What is written is read again as it was, in both formats.
func TestRoundTrips(t *testing.T) {
	text := rapid.StringOfN(rapid.SampledFrom([]rune("包邮吗=+-@'\",，\n a1")), 1, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		var entries []faq.Entry
		for i := range rapid.IntRange(0, 4).Draw(t, "entries") {
			entries = append(entries, faq.Entry{
				ID: string(rune('a' + i)), Questions: rapid.SliceOfN(text, 1, 3).Draw(t, "questions"),
				Answer: text.Draw(t, "answer"), Language: rapid.SampledFrom([]string{"", "zh", "en"}).Draw(t, "lang"),
			})
		}
		var csv, json bytes.Buffer
		if err := WriteCSV(&csv, entries); err != nil {
			t.Fatal(err)
		}
		if err := WriteJSON(&json, entries); err != nil {
			t.Fatal(err)
		}
		fromCSV, err := ReadCSV(bytes.NewReader(csv.Bytes()))
		if err != nil || !same(fromCSV, entries) {
			t.Fatalf("CSV: %+v, %v; wrote %+v as %q", fromCSV, err, entries, csv.String())
		}
		fromJSON, err := ReadJSON(&json)
		if err != nil || !same(fromJSON, entries) {
			t.Fatalf("JSON: %+v, %v; wrote %+v", fromJSON, err, entries)
		}
		for line := range strings.Lines(strings.TrimPrefix(csv.String(), byteOrderMark)) {
			for _, cell := range strings.Split(strings.TrimSpace(line), ",") {
				if cell != "" && strings.ContainsRune("=@", rune(cell[0])) && !strings.Contains(csv.String(), "\"") {
					t.Fatalf("a spreadsheet would compute %q", cell)
				}
			}
		}
	})
}

func same(a, b []faq.Entry) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }

func TestWritePairs(t *testing.T) {
	s := mustSet(t, nil)
	r := live("1", "gift", "可以送礼盒吗", "可以，下单备注<礼盒>。")
	r.Questions = append(r.Questions, "有礼盒吗")
	s.Apply(r)
	var out bytes.Buffer
	if err := WritePairs(&out, s.Shop("1")); err != nil {
		t.Fatal(err)
	}
	want := `{"prompt":"可以送礼盒吗","response":"可以，下单备注<礼盒>。"}
{"prompt":"有礼盒吗","response":"可以，下单备注<礼盒>。"}
`
	if out.String() != want {
		t.Errorf("%s, want %s", out.String(), want)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("id,question,answer,lang\na,包邮吗,满99包邮,zh\n"), true)
	f.Add([]byte(`[{"id":"b","questions":["x"],"answer":"y"}]`), false)
	f.Fuzz(func(t *testing.T, raw []byte, isCSV bool) {
		read := ReadJSON
		if isCSV {
			read = ReadCSV
		}
		entries, err := read(bytes.NewReader(raw))
		if err != nil {
			return
		}
		changed, removed, err := replace("1", mustSet(t, nil).Shop("1"), entries, 1)
		if err != nil {
			return
		}
		s := mustSet(t, nil)
		for _, r := range append(changed, removed...) {
			s.Apply(r)
		}
		if got := s.Shop("1").Entries; len(got) != len(entries) {
			t.Errorf("%d entries in force of %d", len(got), len(entries))
		}
	})
}
