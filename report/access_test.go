package report

import (
	"strings"
	"testing"
)

// TestJudge: what is wrong with what a reader was shown.
func TestJudge(t *testing.T) {
	for _, c := range []struct {
		subject subject
		foreign int64
		want    Leak
	}{
		{subject{own: "shop_id IN ('s')", invoker: true}, 0, LeakNone},
		{subject{own: "shop_id IN ('s')", invoker: true}, 1, LeakForeign},
		{subject{own: "shop_id IN ('s')"}, 0, LeakRights}, // there were no others to be seen yet
		{subject{invoker: true}, 0, LeakOpen},
		{subject{shared: true}, 7, LeakNone}, // all rows are for this reader
	} {
		if got := c.subject.judge(AccessRow{Allowed: true, Rows: 9, Foreign: c.foreign}); got != c.want {
			t.Errorf("%+v with %d rows of others: %q, want %q", c.subject, c.foreign, got, c.want)
		}
	}
}

// TestAccessIsSaid: every verdict has its words in both languages.
func TestAccessIsSaid(t *testing.T) {
	r := &AccessReport{Reader: "acme", Shops: []string{"s"}, Others: 2, Leaks: 1}
	for _, leak := range []Leak{LeakNone, LeakForeign, LeakOpen, LeakRights, LeakHidden, LeakRefused} {
		r.Views = append(r.Views, AccessRow{Name: "bi.x", Allowed: leak != LeakRefused, Rows: 3, Leak: leak})
	}
	r.Views = append(r.Views, AccessRow{Name: "bi.ledger"})
	for _, lang := range []Lang{English, Chinese} {
		said := map[string]bool{}
		for _, row := range r.page(lang).sections[0].rows {
			if verdict := row[3]; verdict == "" || said[verdict] {
				t.Errorf("%s: the verdict %q on %v is said twice, or not at all", lang, verdict, row)
			}
			said[row[3]] = true
		}
	}
	var out strings.Builder
	if err := Write(&out, r, CSV, English); err != nil || !strings.Contains(out.String(), "bi.x,true,3,0,foreign") {
		t.Errorf("%v\n%s", err, out.String())
	}
}
