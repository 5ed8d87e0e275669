package warehouse_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/schemas/clickhouse"
)

// retentions are those of the server, by name.
func retentions(t *testing.T, db *clickhouse.DB) map[string]warehouse.Retention {
	t.Helper()
	rows, err := clickhouse.Select[warehouse.Retention](t.Context(), db, warehouse.Retentions(), nil)
	must(t, err)
	by := map[string]warehouse.Retention{}
	for _, r := range rows {
		by[r.Name] = r
	}
	return by
}

// TestRetention gives every table a time to live and takes it away again; the
// server says what holds.
func TestRetention(t *testing.T) {
	db := fresh(t)
	var c warehouse.Cluster
	if got := retentions(t, db); len(got) != len(warehouse.Expiring()) || got["messages"] != (warehouse.Retention{Name: "messages"}) {
		t.Errorf("at first: %+v", got)
	}
	for n, name := range warehouse.Expiring() {
		days := int64(40 + n)
		for range 2 { // saying it again changes nothing
			must(t, db.Exec(t.Context(), c.Expire(name, days), nil))
		}
		floor := time.Now().Add(-time.Duration(days) * 24 * time.Hour).UnixMilli()
		if got := retentions(t, db)[name]; got.Days != days || got.Floor > floor+60_000 || got.Floor < floor-60_000 {
			t.Errorf("%s: %+v, want %d days and about %d", name, got, days, floor)
		}
	}
	must(t, db.Exec(t.Context(), c.Expire("messages", 0), nil))
	if got := retentions(t, db)["messages"]; got.Days != 0 || got.Floor != 0 {
		t.Errorf("taken away: %+v", got)
	}
	// The floor of an earlier setting stays.
	must(t, db.Insert(t.Context(), warehouse.RetentionFloors.Name, warehouse.RetentionFloors.Columns, [][]any{{"messages", ten, uint64(ten)}}))
	if got := retentions(t, db)["messages"]; got.Floor != ten {
		t.Errorf("noted: %+v", got)
	}
}

// TestExpiry has rows go by arrival, whenever they happened.
func TestExpiry(t *testing.T) {
	db := fresh(t)
	must(t, db.Exec(t.Context(), `INSERT INTO askbuy.messages (shop_id, user_id, event_id, ts, received_at)
		SELECT 's', 'u', toString(days), now64(3) - toIntervalDay(100 * (number % 2)), now64(3) - toIntervalDay(arrayJoin([1, 49, 51, 400]) AS days) FROM numbers(2)`, nil))
	must(t, db.Exec(t.Context(), warehouse.Cluster{}.Expire("messages", 50), nil))
	must(t, db.Exec(t.Context(), "OPTIMIZE TABLE askbuy.messages FINAL", nil))
	check(t, ask(t, db, "SELECT event_id FROM askbuy.messages FINAL ORDER BY event_id"), "1", "49")
}

func TestExpireOnCluster(t *testing.T) {
	db := fresh(t)
	for _, days := range []int64{0, 40} {
		sql := cluster.Expire("orders", days)
		if !strings.Contains(sql, "askbuy.order_events ON CLUSTER '{cluster}'") {
			t.Errorf("not on the cluster: %s", sql)
		}
		ask(t, db, "EXPLAIN AST "+sql)
	}
}

// TestOrphans tells derived rows whose facts have expired from those whose
// facts are there, are on their way, or may never have been before the floor.
func TestOrphans(t *testing.T) {
	db := fresh(t)
	must(t, db.Exec(t.Context(), "SYSTEM STOP MERGES askbuy.touches", nil)) // earlier versions stay to be seen
	floor := ten + 100*day
	past := clickhouse.Settings{"insert_allow_materialized_columns": 1} // stored earlier than now
	message := func(id string, ts int64) {
		must(t, db.Exec(t.Context(), fmt.Sprintf("INSERT INTO askbuy.messages (shop_id, user_id, event_id, conv_id, from_role, ts) VALUES ('s', 'u', '%s', 'c-%s', 'user', fromUnixTimestamp64Milli(%d))", id, id, ts), nil))
	}
	score := func(id string, ts int64, storedDaysAgo int) {
		must(t, db.Exec(t.Context(), fmt.Sprintf("INSERT INTO askbuy.message_scores (shop_id, user_id, event_id, ts, stored_at) VALUES ('s', 'u', '%s', fromUnixTimestamp64Milli(%d), now() - %d)", id, ts, storedDaysAgo*86400), nil, past))
	}
	touches := func(order string, at int64, version int, list string) {
		must(t, db.Exec(t.Context(), fmt.Sprintf("INSERT INTO askbuy.touches (shop_id, order_id, user_id, order_at, touches, version, stored_at) VALUES ('s', '%s', 'u', fromUnixTimestamp64Milli(%d), %s, %d, now() - 172800)", order, at, list, version), nil, past))
	}
	paid := func(order string, ts int64) {
		must(t, db.Exec(t.Context(), fmt.Sprintf("INSERT INTO askbuy.order_events (shop_id, order_id, event_id, status, ts) VALUES ('s', '%[1]s', '%[1]s', 'paid', fromUnixTimestamp64Milli(%[2]d))", order, ts), nil))
	}
	touch := func(id string, at int64) string {
		return fmt.Sprintf("[('c-%s', fromUnixTimestamp64Milli(%d), 0, 1, 1, 0.5)]", id, at)
	}
	message("there", floor-day)
	message("young", floor+day)
	score("there", floor-day, 2)
	score("young", floor+day, 2)
	score("gone", floor-1, 2)
	score("on its way", floor-1, 0)
	score("after the floor", floor+hour, 2)
	for _, order := range []string{"whole", "lost a touch", "taken back"} {
		paid(order, floor)
	}
	touches("whole", floor, 0, touch("gone", floor-1)) // said before the last word
	touches("whole", floor, 1, touch("there", floor-day))
	touches("lost a touch", floor, 1, touch("there", floor-day))
	touches("lost a touch", floor, 2, touch("gone", floor-1))
	touches("lost its order", floor-day, 1, touch("there", floor-day))
	touches("taken back", 0, 1, "[]")
	touches("taken back and lost", 0, 1, "[]")
	both := warehouse.Retention{Floor: floor}
	check(t, ask(t, db, "SELECT DISTINCT order_id FROM askbuy.touches WHERE "+warehouse.Orphans(both, both, 24*time.Hour)[warehouse.Touches.Name]+" ORDER BY order_id"),
		"lost a touch", "lost its order", "taken back and lost")
	must(t, db.Exec(t.Context(), "SYSTEM START MERGES askbuy.touches", nil))
	for table, where := range warehouse.Orphans(both, both, 24*time.Hour) {
		must(t, db.Exec(t.Context(), "ALTER TABLE "+table+" DELETE WHERE "+where, nil, clickhouse.Settings{"mutations_sync": 2}))
	}
	check(t, ask(t, db, "SELECT event_id FROM askbuy.message_scores FINAL ORDER BY event_id"), "after the floor", "on its way", "there", "young")
	check(t, ask(t, db, "SELECT order_id FROM askbuy.touches FINAL ORDER BY order_id"), "taken back", "whole")
	if where := warehouse.Orphans(warehouse.Retention{}, warehouse.Retention{}, 0); len(where) != 0 {
		t.Errorf("nothing expires: %v", where)
	}
	if where := warehouse.Orphans(warehouse.Retention{}, both, 0); len(where) != 1 {
		t.Errorf("orders alone expire: %v", where)
	}
}
