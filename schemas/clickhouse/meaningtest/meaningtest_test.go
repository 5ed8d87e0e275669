package meaningtest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
)

func cases(t *testing.T) []Case {
	t.Helper()
	all, err := Load("../../testdata/meaning.json")
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestLoad(t *testing.T) {
	coze, funnel, permute := 0, 0, 0
	for _, c := range cases(t) {
		if c.ID == "" || len(c.Events) == 0 || len(c.Shops()) == 0 {
			t.Errorf("case %q is empty", c.ID)
		}
		for _, e := range c.Events {
			if e.Field("via") != "" {
				t.Errorf("%s: via is no field of the event", c.ID)
			}
			if e.Coze {
				coze++
			}
		}
		funnel += len(c.Expect.Funnel)
		if c.Permute {
			permute++
		}
	}
	if coze != 5 || funnel == 0 || permute != 19 {
		t.Errorf("%d events by /coze, %d funnels, %d to permute", coze, funnel, permute)
	}
}

func TestRename(t *testing.T) {
	for _, c := range cases(t) {
		renamed := Rename(c, "-2")
		for i, shop := range renamed.Shops() {
			if shop != c.Shops()[i]+"-2" {
				t.Errorf("%s: shop %s became %s", c.ID, c.Shops()[i], shop)
			}
		}
		renamed.Expect.rows(func(rows []Row) {
			for _, row := range rows {
				if shop, given := row["shop_id"].(string); given && !slices.Contains(renamed.Shops(), shop) {
					t.Errorf("%s: a row is still of shop %s", c.ID, shop)
				}
			}
		})
	}
}

func TestWithKeepsNumbersAndOrder(t *testing.T) {
	e := Event{Body: []byte(`{"b":9007199254740993,"shop_id":7,"a":1.10}`)}
	if got := string(e.With("shop_id", "七").With("c", `"`).Body); got != `{"b":9007199254740993,"shop_id":"七","a":1.10,"c":"\""}` {
		t.Error(got)
	}
	if e.Field("b") != "9007199254740993" || e.Field("nothing") != "" {
		t.Error(e.Field("b"), e.Field("nothing"))
	}
}

func TestReversed(t *testing.T) {
	c := cases(t)[0]
	r := Reversed(c)
	if r.Events[0].Field("event_id") != c.Events[len(c.Events)-1].Field("event_id") || c.Events[0].Field("event_id") != "m1" {
		t.Error("not reversed, or the original was changed")
	}
}

// answers is a warehouse that says the same to every question.
type answers struct {
	columns, types []string
	rows           [][]any
	err            error
	asked          []string
}

func (a *answers) Query(_ context.Context, sql string, _ map[string]any, _ ...clickhouse.Settings) ([]string, []string, [][]any, error) {
	a.asked = append(a.asked, sql)
	return a.columns, a.types, a.rows, a.err
}

func one(name string, rows ...Row) Case {
	return Case{ID: "x", Expect: Expect{Tables: map[string][]Row{name: rows}}}
}

func TestCompare(t *testing.T) {
	at := time.UnixMilli(1791943200000)
	db := &answers{
		columns: []string{"shop_id", "order_id", "paid_at", "amount", "conv_id"},
		types:   []string{"String", "String", "Nullable(DateTime64(3, 'UTC'))", "Decimal(18, 2)", "Nullable(String)"},
		rows:    [][]any{{"s", "o1", &at, fixed("1.00"), (*string)(nil)}},
	}
	good := Row{"shop_id": "s", "order_id": "o1", "paid_at": 1791943200000.0, "amount": "1.00", "conv_id": ""}
	for _, c := range []struct {
		field string
		value any
		want  string
	}{
		{"conv_id", nil, ""},
		{"conv_id", "c1", "conv_id is <nil>, want c1"},
		{"amount", "1.01", "amount is 1.00, want 1.01"},
		{"paid_at", nil, "paid_at is"},
		{"paid_at", map[string]any{"one_of": []any{nil, 1791943200000.0}}, ""},
		{"paid_at", map[string]any{"range": []any{0.0, 1.0}}, "paid_at is"},
		{"order_id", "o2", "order_id=o2: no such row"},
	} {
		row := Row{}
		for k, v := range good {
			row[k] = v
		}
		row[c.field] = c.value
		got, err := Compare(t.Context(), db, one("orders", row))
		if err != nil {
			t.Fatal(err)
		}
		if all := strings.Join(got, "\n"); (c.want == "") != (all == "") || !strings.Contains(all, c.want) {
			t.Errorf("%s = %v: %q, want %q", c.field, c.value, all, c.want)
		}
	}
	got, err := Compare(t.Context(), db, one("orders"))
	if err != nil || len(got) != 1 || !strings.Contains(got[0], "unexpected row") {
		t.Error(got, err)
	}
	db.rows = append(db.rows, db.rows[0])
	if got, _ := Compare(t.Context(), db, one("orders", good)); len(got) != 1 || !strings.Contains(got[0], "more than one row") {
		t.Error(got)
	}
	if got, _ := Compare(t.Context(), db, one("nonsense")); len(got) != 1 {
		t.Error(got)
	}
	db.err = errors.New("away")
	if _, err := Compare(t.Context(), db, one("orders")); err == nil {
		t.Error("an error of the warehouse was swallowed")
	}
}

type fixed string

func (f fixed) StringFixed(int32) string { return string(f) }
