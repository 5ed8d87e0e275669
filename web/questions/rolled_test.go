package questions

import (
	"fmt"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	schema "askbuy/schemas/clickhouse"
)

// service is the user that the dashboard asks as.
func service(t *testing.T) *clickhouse.DB {
	t.Helper()
	db, err := clickhouse.Open(t.Context(), engine.DSN())
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	return db
}

// rollUp makes the rollups, and has the server make the conversations anew.
func rollUp(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	rollups, err := schema.Rollups(schema.Cluster{})
	must(t, err)
	for _, r := range rollups {
		must(t, db.Exec(t.Context(), r.SQL, nil))
	}
	for _, table := range []string{"shop_list", "conversations"} {
		for _, sql := range []string{"SYSTEM WAIT VIEW askbuy.%s_refresh", "SYSTEM REFRESH VIEW askbuy.%s_refresh", "SYSTEM WAIT VIEW askbuy.%s_refresh", "SYSTEM STOP VIEW askbuy.%s_refresh"} {
			must(t, db.Exec(t.Context(), fmt.Sprintf(sql, table), nil))
		}
	}
}

// What the rollups answer is what the views answer, of every question, at the moment of the rollup; and another moment
// is never answered from them.
func TestRollupsSayTheSame(t *testing.T) {
	db := service(t)
	rollUp(t, db)
	zone := func(string) *time.Location { return time.UTC }
	plain, fast := New(db, time.Now, zone), New(db, time.Now, zone)
	fast.UseRollups()
	at, err := fast.RolledUp(t.Context())
	must(t, err)
	if at.IsZero() {
		t.Fatal("there is no rollup")
	}
	arguments := arguments(t, desk(t))
	rolled := 0
	for _, q := range Catalogue() {
		if !q.Takes("as_of") {
			continue
		}
		args, err := Parse(q, given(q, arguments[q.Name]...), all, at, time.UTC)
		must(t, err)
		if q.Statement(args, all).SQL == q.page(&draft{args: args, scope: all, question: q, rolled: true}).SQL {
			continue // it reads no rollup
		}
		for _, shop := range []string{"", "s1"} {
			asked := given(q, arguments[q.Name]...)
			asked.Set("as_of", at.Format(timeLayout))
			if shop != "" {
				asked.Set("shop_id", shop)
			}
			want, err := plain.Ask(t.Context(), q.Name, asked, all)
			must(t, err)
			got, err := fast.Ask(t.Context(), q.Name, asked, all)
			must(t, err)
			if fmt.Sprint(got.Rows) != fmt.Sprint(want.Rows) || got.Statement.SQL != want.Statement.SQL {
				t.Errorf("%s: rollups say\n%v\nviews say\n%v", q.Name, got.Rows, want.Rows)
			}
			if columns, _, err := fast.rolledUp(t.Context(), got.Args, got.Statement, q.page(&draft{args: got.Args, scope: all, question: q, rolled: true})); err == nil && columns != nil {
				rolled++
			}
			got.Args["as_of"] = at.Add(-time.Millisecond).Format(timeLayout)
			if columns, _, err := fast.rolledUp(t.Context(), got.Args, got.Statement, Statement{SQL: "SELECT 1"}); err != nil || columns != nil {
				t.Errorf("%s: another moment is answered from the rollup: %v", q.Name, err)
			}
		}
	}
	if rolled < 10 {
		t.Errorf("%d answers came from rollups", rolled)
	}
}
