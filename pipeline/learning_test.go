package pipeline

import (
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/internal/simulator"
	"askbuy/models/intent"
	"askbuy/models/intent/learn"
)

// What a model learns of a conversation's end is what the reports say of it.
func TestLearningFactsAgreeWithTheReports(t *testing.T) {
	i := start(t, testConfig(t.TempDir()))
	i.simulate(t, 11, 120, simulator.NoiseDefault)
	facts, err := LearningFacts(t.Context(), i.db)
	if err != nil {
		t.Fatal(err)
	}
	type row struct {
		Shop string `ch:"shop_id"`
		User string `ch:"user_id"`
		ID   string `ch:"event_id"`
		Kept uint8  `ch:"is_kept"`
	}
	rows, err := clickhouse.Select[row](t.Context(), i.db, `
		SELECT m.shop_id AS shop_id, m.user_id AS user_id, m.event_id AS event_id, c.is_kept AS is_kept
		FROM bi.messages AS m JOIN bi.conversations AS c USING (shop_id, user_id, conv_id) WHERE m.from_role = 'user' AND m.is_test = 0`, nil)
	if err != nil {
		t.Fatal(err)
	}
	type key struct{ shop, user, id string }
	kept := map[key]bool{}
	for _, r := range rows {
		kept[key{r.Shop, r.User, r.ID}] = r.Kept != 0
	}
	hits := 0
	all := learn.ExamineThose(intent.Default(), facts, func(learn.Shopper, string) bool { return true })
	for _, p := range all {
		want, known := kept[key{p.Shop, p.User, p.ID}]
		if !known || want != p.Hit {
			t.Errorf("%+v: the reports say %v, %v", p, want, known)
		}
		if p.Hit {
			hits++
		}
	}
	if hits < 10 || len(all) < 100 {
		t.Errorf("only %d messages, %d of them before an order", len(all), hits)
	}
}
