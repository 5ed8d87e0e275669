package clickhouse_test

import (
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
)

// The numbers in the table of errors mean what it says they mean.
func TestCodesBearTheServersNames(t *testing.T) {
	db := clickhousetest.DB(t)
	for code, want := range clickhouse.UnavailableNames {
		_, _, rows, err := db.Query(t.Context(), "SELECT errorCodeToName({code:Int32})", map[string]any{"code": code})
		must(t, err)
		if rows[0][0] != want {
			t.Errorf("code %d is %v, not %s", code, rows[0][0], want)
		}
	}
}
