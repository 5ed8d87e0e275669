package questions

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/clickhouse"
	schema "askbuy/schemas/clickhouse"
	"askbuy/web/rollups"
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
	made, err := schema.Rollups(schema.Cluster{})
	must(t, err)
	for _, r := range made {
		must(t, db.Exec(t.Context(), r.SQL, nil))
	}
	for _, table := range []string{"shop_list"} {
		for _, sql := range []string{"SYSTEM WAIT VIEW askbuy.%s_refresh", "SYSTEM REFRESH VIEW askbuy.%s_refresh", "SYSTEM WAIT VIEW askbuy.%s_refresh", "SYSTEM STOP VIEW askbuy.%s_refresh"} {
			must(t, db.Exec(t.Context(), fmt.Sprintf(sql, table), nil))
		}
	}
	keeper, err := rollups.New(rollups.DefaultConfig(), rollups.Deps{
		DB: db, Now: time.Now, Token: rand.Uint64, Registerer: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
	})
	must(t, err)
	_, err = keeper.Turn(t.Context())
	must(t, err)
}

// counting counts what is asked of rollups.
type counting struct {
	*clickhouse.DB
	n int
}

func (c *counting) Query(ctx context.Context, sql string, params map[string]any, settings ...clickhouse.Settings) (columns, types []string, rows [][]any, err error) {
	if strings.Contains(sql, "askbuy.rolled_") || strings.Contains(sql, "askbuy.conversation_sums AS c") || strings.Contains(sql, rolledShops) || strings.Contains(sql, "FROM askbuy.messages AS f") {
		c.n++
	}
	return c.DB.Query(ctx, sql, params, settings...)
}

// What the rollups answer is what the views answer, of every question, at the moment of the rollup; and another moment
// is never answered from them.
func TestRollupsSayTheSame(t *testing.T) {
	db := service(t)
	rollUp(t, db)
	zone := func(string) *time.Location { return time.UTC }
	counted := &counting{DB: db}
	plain, fast := New(db, time.Now, zone), New(counted, time.Now, zone)
	fast.UseRollups()
	at, err := fast.RolledUp(t.Context())
	must(t, err)
	if at.IsZero() {
		t.Fatal("there is no rollup")
	}
	g, err := fast.generation(t.Context(), at.Format(timeLayout))
	must(t, err)
	if !g.summed {
		t.Fatal("the rollup has no sums")
	}
	arguments := arguments(t, desk(t))
	rolled := 0
	for _, q := range Catalogue() {
		if !q.Takes("as_of") {
			continue
		}
		args, err := Parse(q, given(q, arguments[q.Name]...), all, at, time.UTC)
		must(t, err)
		if !q.rollable(args, all) {
			continue
		}
		for _, whose := range []struct {
			shop  string
			scope Scope
		}{{"", all}, {"s1", all}, {"", Scope{Shops: []string{"s0", "s2"}}}} {
			asked := given(q, arguments[q.Name]...)
			asked.Set("as_of", at.Format(timeLayout))
			if whose.shop != "" {
				asked.Set("shop_id", whose.shop)
			}
			want, err := plain.Ask(t.Context(), q.Name, asked, whose.scope)
			must(t, err)
			got, err := fast.Ask(t.Context(), q.Name, asked, whose.scope)
			must(t, err)
			if got.Statement.SQL != want.Statement.SQL {
				t.Errorf("%s: what is offered for copying is\n%s", q.Name, got.Statement.SQL)
			}
			s := q.page(q.rolled(got.Args, whose.scope, generation{lineage: g.lineage})) // without sums
			_, _, rows, err := db.Query(t.Context(), s.SQL, s.Values(), asWritten)
			must(t, err)
			for from, told := range map[string][][]any{"desk": got.Rows, "versions": rows} {
				if fmt.Sprint(told) != fmt.Sprint(want.Rows) {
					t.Errorf("%s of %q and %v: %s says\n%v\nviews say\n%v", q.Name, whose.shop, whose.scope, from, told, want.Rows)
				}
			}
			rolled++
			got.Args["as_of"] = at.Add(-time.Millisecond).Format(timeLayout)
			if columns, _, err := fast.rolledUp(t.Context(), q, got.Args, whose.scope, q.page); err != nil || columns != nil {
				t.Errorf("%s: another moment is answered from the rollup: %v", q.Name, err)
			}
		}
	}
	if told := counted.n; told != rolled {
		t.Errorf("%d of %d answers came from rollups", told, rolled)
	}
	if rolled < 30 {
		t.Errorf("only %d answers are compared", rolled)
	}
}

// The newest messages are the same whether the view looks for them or is told their keys.
func TestLiveByKeys(t *testing.T) {
	db := service(t)
	for _, conv := range []string{"c1", "c2"} {
		must(t, db.Exec(t.Context(), "INSERT INTO askbuy.messages (shop_id, user_id, event_id, conv_id, from_role, text, ts, received_at, is_test, version) SELECT 's1', 'u1', concat('live-', {conv:String}, toString(number)), {conv:String}, 'user', '在吗', now64(3), now64(3) - number, number = 3, 1 FROM numbers(4)", map[string]any{"conv": conv}))
	}
	counted := &counting{DB: db}
	plain, fast := New(db, time.Now, func(string) *time.Location { return time.UTC }), New(counted, time.Now, func(string) *time.Location { return time.UTC })
	fast.UseRollups()
	for _, given := range []url.Values{{}, {"shop_id": {"s1"}}, {"shop_id": {"s0"}}} {
		want, err := plain.Ask(t.Context(), "live", given, all)
		must(t, err)
		got, err := fast.Ask(t.Context(), "live", given, all)
		must(t, err)
		if fmt.Sprint(got.Rows) != fmt.Sprint(want.Rows) || len(want.Rows) != map[string]int{"": 6, "s1": 6}[given.Get("shop_id")] {
			t.Errorf("%v: by keys\n%v\nby the view\n%v", given, got.Rows, want.Rows)
		}
	}
	if counted.n != 3 {
		t.Errorf("%d of 3 answers came by keys", counted.n)
	}
}
