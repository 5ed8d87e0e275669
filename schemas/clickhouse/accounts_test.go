package warehouse_test

import (
	"slices"
	"testing"

	"askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// check compares the answer to a statement with its rows.
func check(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got:\n%q\nwant:\n%q", got, want)
	}
}

func TestFirstCopyStays(t *testing.T) {
	db := fresh(t)
	for _, batch := range [][]int64{{5}, {3, 9}, {7}} {
		l := newLoader()
		for _, position := range batch {
			l.message(event.Event{ShopID: "s1", UserID: "u1", ID: "m1", ConvID: "c1", From: event.RoleUser, Text: string(rune('0' + position)), TS: ten}, position)
		}
		must(t, db.Insert(t.Context(), warehouse.Messages.Name, warehouse.Messages.Columns, l.rows[warehouse.Messages.Name]))
	}
	check(t, ask(t, db, "SELECT event_id, text FROM bi.messages"), "m1|3")
}

// TestLedger has two days and doors, a gap in each partition, and a log that
// was replaced: partition 1 was read to offset 1 of 3 when the topic was made
// anew.
func TestLedger(t *testing.T) {
	db := fresh(t)
	l := newLoader()
	l.receipt(0, event.At(2, 0), "stored", "events", ten)
	l.receipt(0, event.At(2, 1), "duplicate", "coze", ten)
	l.receipt(0, event.At(2, 1), "duplicate", "coze", ten)
	l.receipt(0, event.At(2, 3), "conflict", "events", ten+day)
	l.receipt(0, event.At(2, 5), "quarantined", "", ten)
	l.receipt(0, event.At(2, 8), "erased", "events", ten)
	l.cut(0, 2, 5, 3, ten-hour)
	l.cut(0, 2, 8, 5, ten) // 2 and 4 are lost; 6 and 7 are to come, 5 is early
	l.receipt(1, event.At(1, 0), "stored", "events", ten)
	l.cut(1, 1, 3, 1, ten-day)
	l.cut(1, 2, 0, -1, ten)
	l.insert(t.Context(), t, db)
	check(t, ask(t, db, "SELECT toString(day), source, records, stored, duplicate, conflict, quarantined, erased, in_flight, unexplained FROM bi.ledger ORDER BY day, source"),
		"2026-10-13||2|0|0|0|0|0|0|2",
		"2026-10-14||5|0|0|0|1|0|2|2",
		"2026-10-14|coze|1|0|1|0|0|0|0|0",
		"2026-10-14|events|3|2|0|0|0|1|0|0",
		"2026-10-15|events|1|0|0|1|0|0|0|0")
}

func TestDeadLetters(t *testing.T) {
	db := fresh(t)
	l := newLoader()
	letter := func(id, detail string, receivedAt int64, topic string, at event.Position) {
		l.add(warehouse.DeadLetters, id, "sink", "conflict", detail, "events", "s1", "message", "m1", receivedAt, topic, int32(2), int64(at))
	}
	letter("a", "second", ten+1, "messages.v1", event.At(3, 9))
	letter("a", "first", ten, "messages.v1", event.At(3, 7))
	letter("a", "first", ten, "messages.v1", event.At(3, 7)) // said again
	letter("b", "another", ten, "deadletters.v1", event.At(3, 7))
	l.insert(t.Context(), t, db)
	check(t, ask(t, db, "SELECT received_at, deliveries, topic, partition, offset, reason, detail FROM bi.dead_letters ORDER BY topic DESC"),
		"2026-10-14 02:00:00.000|2|messages.v1|2|7|conflict|first",
		"2026-10-14 02:00:00.000|1|deadletters.v1|2|7|conflict|another")
}

func TestFreshness(t *testing.T) {
	db := fresh(t)
	newSmallShop().insert(t.Context(), t, db)
	check(t, ask(t, db, "SELECT table, last_event_at, last_stored_at, lag_seconds > 0 FROM bi.freshness WHERE table IN ('messages', 'aliases') ORDER BY table"),
		"aliases|2026-10-14 02:06:40.000|2026-11-01 00:00:00.000|1",
		"messages|2026-10-14 02:00:05.000|2026-11-01 00:00:00.000|1")
	must(t, db.Exec(t.Context(), "TRUNCATE TABLE askbuy.aliases", nil))
	check(t, ask(t, db, "SELECT last_event_at, lag_seconds FROM bi.freshness WHERE table = 'aliases'"), "NULL|NULL")
}
