package warehouse_test

import (
	"testing"

	"askbuy/schemas/clickhouse/meaningtest"
)

// TestMeaning plays every case, those whose order of arrival must not matter
// once more from the end, and asks the views.
func TestMeaning(t *testing.T) {
	cases, err := meaningtest.Load("../testdata/meaning.json")
	must(t, err)
	if len(cases) != 70 {
		t.Fatalf("%d cases, want 70", len(cases))
	}
	for _, c := range cases {
		if c.Permute {
			cases = append(cases, meaningtest.Reversed(meaningtest.Rename(c, "-reversed")))
		}
	}
	db := fresh(t)
	l := newLoader()
	for _, c := range cases {
		l.play(c)
	}
	l.insert(t.Context(), t, db)
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			differences, err := meaningtest.Compare(t.Context(), db, c)
			must(t, err)
			for _, d := range differences {
				t.Error(d)
			}
		})
	}
}
