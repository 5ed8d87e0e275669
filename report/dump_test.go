package report

import (
	"slices"
	"strings"
	"testing"
)

func TestDump(t *testing.T) {
	f := newFixture(t)
	const insert = "INSERT INTO askbuy.feedback (shop_id, user_id, event_id, rating, ts, received_at, version) VALUES "
	f.run(insert + "('s', 'u', 'b', 5, 1, 2, 1), ('s', 'u', 'a', 4, 1, 2, 1)")
	first, err := Dump(t.Context(), f)
	f.must(err)
	if rows := first["feedback"]; len(rows) != 2 || !strings.HasPrefix(rows[0], "s\tu\ta\t") || !slices.IsSorted(rows) {
		t.Errorf("feedback is dumped as %q", rows)
	}
	for _, view := range []string{"messages", "conversations", "conversation_documents", "orders", "touches", "attribution", "attribution_models", "funnel_daily", "dead_letters", "shops"} {
		if _, there := first[view]; !there {
			t.Errorf("bi.%s is not dumped", view)
		}
	}
	for _, view := range notDumped {
		if _, there := first[view]; there {
			t.Errorf("bi.%s is dumped", view)
		}
	}

	f.run(insert + "('s', 'u', 'a', 4, 1, 999999, 2)") // another copy, that came at another time
	second, err := Dump(t.Context(), f)
	f.must(err)
	if !slices.Equal(first["feedback"], second["feedback"]) {
		t.Errorf("arrival makes a difference: %q, %q", first["feedback"], second["feedback"])
	}
	f.run(insert + "('s', 'u', 'a', 3, 1, 2, 3)")
	third, err := Dump(t.Context(), f)
	f.must(err)
	if slices.Equal(first["feedback"], third["feedback"]) {
		t.Errorf("a rating makes no difference: %q", third["feedback"])
	}
}
