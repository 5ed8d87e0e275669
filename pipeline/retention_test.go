package pipeline

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/internal/simulator"
	warehouse "askbuy/schemas/clickhouse"
)

// number asks for one number.
func (i *instance) number(t *testing.T, sql string) int64 {
	t.Helper()
	row, err := clickhouse.One[struct {
		N int64 `ch:"n"`
	}](t.Context(), i.db, "SELECT toInt64("+sql+") AS n", nil)
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return row.N
}

func (i *instance) exec(t *testing.T, sql string) {
	t.Helper()
	if err := i.db.Exec(t.Context(), sql, nil, mutation); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// Facts expire by their arrival, derived rows go with them, the ledger still
// explains every record, and what is left is what the facts say: before the
// derived rows are cleaned up, and after.
func TestFactsExpire(t *testing.T) {
	c := testConfig(t.TempDir())
	i := start(t, c)
	i.simulate(t, 11, 150, simulator.NoiseDefault, func(o *simulator.Options) { o.Start = o.End.AddDate(0, -8, 0) })
	i.sameAsFacts(t)
	// As if each event had arrived up to three weeks after it happened.
	for _, table := range []string{"messages", "order_events", "behaviors", "exposures", "feedback", "aliases"} {
		i.exec(t, "ALTER TABLE askbuy."+table+" UPDATE received_at = least(received_at, ts + toIntervalDay(cityHash64(event_id) % 21)) WHERE 1")
	}
	before := i.number(t, "(SELECT count() FROM bi.messages)")
	expired := i.number(t, "(SELECT countIf(received_at < now64(3) - toIntervalDay(100)) FROM bi.messages)")
	if expired == 0 || expired == before {
		t.Fatalf("%d of %d messages are to expire", expired, before)
	}

	c.Retention = map[string]string{"messages": "100d", "exposures": "60d"}
	i.expire(t, c)
	i.sameAsFacts(t)
	c.Retention["orders"] = "150d"
	i.expire(t, c)
	if left := i.number(t, "(SELECT count() FROM bi.messages)"); left != before-expired {
		t.Errorf("%d messages are left, want %d", left, before-expired)
	}
	i.sameAsFacts(t)

	deleted, err := deleteOrphans(t.Context(), i.db, warehouse.Cluster{}, 0)
	if err != nil || deleted["message_scores"] == 0 || deleted["touches"] == 0 {
		t.Errorf("deleted %v: %v", deleted, err)
	}
	if deleted, err = deleteOrphans(t.Context(), i.db, warehouse.Cluster{}, 0); err != nil || len(deleted) > 0 {
		t.Errorf("deleted again %v: %v", deleted, err)
	}
	i.sameAsFacts(t)
	for what, sql := range map[string]string{
		"scores without messages":  "(SELECT count() FROM askbuy.message_scores FINAL WHERE (shop_id, user_id, event_id) NOT IN (SELECT shop_id, user_id, event_id FROM bi.messages))",
		"touches without messages": "(SELECT count() FROM bi.touches WHERE (shop_id, user_id, conv_id, touch_at) NOT IN (SELECT shop_id, user_id, conv_id, ts FROM bi.messages))",
		"touches without orders":   "(SELECT count() FROM bi.touches WHERE (shop_id, order_id) NOT IN (SELECT shop_id, order_id FROM bi.orders WHERE paid_at IS NOT NULL))",
		"unexplained records":      "(SELECT sum(unexplained) FROM bi.ledger)",
	} {
		if n := i.number(t, sql); n != 0 {
			t.Errorf("%d %s", n, what)
		}
	}
	for _, view := range []string{"bi.touches", "bi.messages", "bi.orders"} {
		if i.number(t, "(SELECT count() FROM "+view+")") == 0 {
			t.Errorf("%s is empty: nothing was tested", view)
		}
	}

	// Kept for ever again: what had expired by then is not asked for.
	c.Retention = nil
	if err := applyRetention(t.Context(), i.db, c, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	for _, r := range i.retentions(t) {
		if r.Days != 0 || (r.Floor > 0) != (r.Name == "messages" || r.Name == "orders" || r.Name == "exposures") {
			t.Errorf("after the setting went away: %+v", r)
		}
	}
	i.sameAsFacts(t)
}

// expire applies the setting, and has what it concerns go at once.
func (i *instance) expire(t *testing.T, c Config) {
	t.Helper()
	if err := applyRetention(t.Context(), i.db, c, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	for _, table := range []string{"messages", "order_events", "exposures"} {
		i.exec(t, "OPTIMIZE TABLE askbuy."+table+" FINAL")
	}
}

func (i *instance) retentions(t *testing.T) []warehouse.Retention {
	t.Helper()
	all, err := retentions(t.Context(), i.db)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Each role that needs it applies the setting at its start.
func TestRetentionIsAppliedAtStart(t *testing.T) {
	c := testConfig(t.TempDir())
	c.Retention = map[string]string{"behaviors": "90d", "dead_letters": "40d"}
	i := start(t, c)
	var got []string
	for _, r := range i.retentions(t) {
		if r.Days > 0 {
			got = append(got, fmt.Sprint(r.Name, r.Days))
		}
	}
	if strings.Join(got, " ") != "behaviors90 dead_letters40" {
		t.Errorf("kept: %v", got)
	}
	c.Retention = map[string]string{"behaviors": "80d"} // as askbuy migrate does
	if err := Migrate(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	for _, r := range i.retentions(t) {
		if r.Days != map[string]int64{"behaviors": 80}[r.Name] {
			t.Errorf("after askbuy migrate: %+v", r)
		}
	}
}

func TestRetentionIsChecked(t *testing.T) {
	for _, c := range []struct {
		name, given string
		says        []string
	}{
		{"messages", "400d", nil},
		{"dead_letters", "40d", nil},
		{"messages", "39d", []string{"retention.messages", "39d", "40d", "30 days", "37 days"}},
		{"messages", "400", []string{"retention.messages", `"400"`, "400d"}},
		{"orders", "-400d", []string{"retention.orders", "400d"}},
		{"orders", "99999999d", []string{"retention.orders", "400d"}},
		{"receipts", "400d", []string{"retention.receipts", "ledger"}},
		{"touches", "400d", []string{`"touches"`, "messages", "dead_letters", "go with their facts"}},
	} {
		config := DefaultConfig()
		config.Retention = map[string]string{c.name: c.given}
		err := config.Validate()
		if (err == nil) != (len(c.says) == 0) {
			t.Errorf("%s: %s: %v", c.name, c.given, err)
			continue
		}
		for _, word := range c.says {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("%s: %s: %v does not say %s", c.name, c.given, err, word)
			}
		}
	}
}
