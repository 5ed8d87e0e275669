package warehouse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"askbuy/internal/clickhouse"
	"askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// store stores the receipts and cuts so far.
func store(t *testing.T, db *clickhouse.DB, l *loader) {
	t.Helper()
	for _, table := range []warehouse.Table{warehouse.Receipts, warehouse.OffsetCuts} {
		if rows := l.rows[table.Name]; len(rows) > 0 {
			must(t, db.Insert(t.Context(), table.Name, table.Columns, rows))
			delete(l.rows, table.Name)
		}
	}
}

// gaps are counted from the receipts one by one, as the ledger means them.
const gapsOneByOne = `SELECT e.topic, e.noted_at, e.below - countIf(r.offset < e.below AND r.known), e.upto - e.below - countIf(r.offset >= e.below AND r.offset < e.upto AND r.known)
FROM askbuy.log_ends AS e
LEFT JOIN (SELECT DISTINCT topic, raw_partition AS partition, bitShiftRight(raw_position, 40) AS epoch, bitAnd(raw_position, 0xFFFFFFFFFF) AS offset, 1 AS known FROM askbuy.receipts) AS r USING (topic, partition, epoch)
GROUP BY e.topic, e.partition, e.epoch, e.noted_at, e.below, e.upto
ORDER BY ALL`

// TestGapsAreExact stores receipts in any order and batches, some several
// times, of logs that were replaced, with gaps and ahead of the cut, at the
// ends of blocks too.
func TestGapsAreExact(t *testing.T) {
	db := fresh(t)
	partition := int32(0)
	rapid.Check(t, func(r *rapid.T) {
		l := newLoader()
		for epoch := range rapid.Int64Range(1, 3).Draw(r, "epochs") {
			committed := rapid.SampledFrom([]int64{0, 3, 12, 65534, 65536, 65538}).Draw(r, "committed")
			l.cut(partition, epoch, committed+rapid.Int64Range(0, 4).Draw(r, "ahead"), committed-rapid.Int64Range(0, 1).Draw(r, "unread"), ten)
			for i, offset := range rapid.SliceOfN(rapid.Int64Range(max(0, committed-12), committed+4), 0, 20).Draw(r, "offsets") {
				l.receipt(partition, event.At(epoch, offset), "stored", "events", ten)
				if i == 9 {
					store(t, db, l)
				}
			}
		}
		partition++
		store(t, db, l)
		want := ask(t, db, gapsOneByOne)
		if got := ask(t, db, "SELECT topic, noted_at, unexplained, in_flight FROM askbuy.ledger_gaps ORDER BY ALL"); !slices.Equal(got, want) {
			r.Fatalf("the gaps are %q, one by one %q", got, want)
		}
	})
	check(t, ask(t, db, "SELECT countIf(unexplained > 0) > 20, countIf(in_flight > 0) > 20 FROM askbuy.ledger_gaps"), "1|1") // the cases say something
	explained := strings.Join(ask(t, db, "EXPLAIN SELECT * FROM askbuy.ledger_gaps"), "\n")
	if !strings.Contains(explained, "ReadFromMergeTree (offsets)") || strings.Contains(explained, "askbuy.receipts") {
		t.Errorf("the gaps read receipts:\n%s", explained)
	}
}

// TestReceiptsThatGo: when the table of receipts loses rows, they are missed.
func TestReceiptsThatGo(t *testing.T) {
	db := fresh(t)
	made, err := warehouse.Rollups(warehouse.Cluster{})
	must(t, err)
	must(t, db.Exec(t.Context(), made[0].SQL, nil))
	l := newLoader()
	for offset := range int64(10) {
		l.receipt(0, event.At(1, offset), "stored", "events", ten)
	}
	l.cut(0, 1, 12, 10, ten)
	store(t, db, l)
	light := fmt.Sprintf("SELECT in_flight, unexplained FROM %s", made[0].Name)
	check(t, ask(t, db, light), "2|0")
	must(t, db.Exec(t.Context(), "ALTER TABLE askbuy.receipts DELETE WHERE bitAnd(raw_position, 0xFFFFFFFFFF) < 3", nil, clickhouse.Settings{"mutations_sync": 2}))
	check(t, ask(t, db, light), "2|3")
	check(t, ask(t, db, "SELECT sum(in_flight), sum(unexplained) FROM bi.ledger"), "2|3")
}
