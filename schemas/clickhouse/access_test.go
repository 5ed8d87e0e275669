package warehouse_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/embedded"
	"askbuy/schemas/clickhouse"
)

// readerOf is a reader on the embedded server, with the password of all.
func readerOf(r warehouse.Reader) embedded.Reader {
	return embedded.Reader{Name: r.Name, Hash: embedded.Hash(password), Grants: r.Grants(), Rows: r.Rows()}
}

// ofShops are the readers whose isolation is tested; the last one, whose shop
// has a name that has to be quoted, and no rows, is asked of the tables alone.
var ofShops = []warehouse.Reader{
	{Name: "small_only", Shops: []string{"small"}},
	{Name: "both", Shops: []string{"other", "small"}},
	{Name: "nobody", Shops: []string{`it's \ "none"`}},
}

// ofThird reads one shop of those that are seeded in great number.
var ofThird = warehouse.Reader{Name: "third", Shops: []string{"s3"}}

// double gives every row of shop small to a shop other as well, and to none.
// It goes by the columns, so that a table that is new takes part.
func double(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	must(t, db.Exec(t.Context(), "INSERT INTO askbuy.message_scores SELECT * REPLACE ('purchase_claim' AS act, version + 1 AS version) FROM askbuy.message_scores", nil))
	for _, shop := range []string{"other", ""} {
		for _, table := range warehouse.Tables() {
			if !slices.Contains(table.Columns, "shop_id") || table.Name == "askbuy.shops" {
				continue
			}
			replaced := fmt.Sprintf("'%s' AS shop_id", shop)
			if slices.Contains(table.Columns, "experiment") && table.Name != "askbuy.exposures" {
				replaced += fmt.Sprintf(", concat(experiment, '-%s') AS experiment", shop)
			}
			if table.Name == "askbuy.dead_letters" {
				replaced += fmt.Sprintf(", concat(id, '-%s') AS id", shop)
			}
			must(t, db.Exec(t.Context(), fmt.Sprintf("INSERT INTO %s (%s) SELECT * REPLACE (%s) FROM (SELECT %s FROM %s WHERE shop_id = 'small')",
				table.Name, strings.Join(table.Columns, ", "), replaced, strings.Join(table.Columns, ", "), table.Name), nil))
		}
		must(t, db.Exec(t.Context(), fmt.Sprintf("INSERT INTO askbuy.experiment_refreshes SELECT * REPLACE (concat(experiment, '-%s') AS experiment) FROM (SELECT * FROM askbuy.experiment_refreshes WHERE experiment = 'greeting')", shop), nil))
	}
	must(t, db.Exec(t.Context(), "INSERT INTO askbuy.shops SELECT * REPLACE ('other' AS shop_id) FROM askbuy.shops WHERE shop_id = 'small'", nil))
}

// TestReaders has something of two shops, and of none, in every table.
func TestReaders(t *testing.T) {
	db := fresh(t)
	newSmallShop().insert(t.Context(), t, db)
	double(t, db)
	t.Run("see their shops alone", func(t *testing.T) { testTheirShopsAlone(t, db) })
	t.Run("cannot look around", func(t *testing.T) { testLookingAround(t) })
	t.Run("list tables", func(t *testing.T) { testListing(t) })
	t.Run("would be shown all by a definer", func(t *testing.T) { testDefiner(t, db) })
}

// testTheirShopsAlone asks as readers for every view that there is and for
// every table under them.
func testTheirShopsAlone(t *testing.T, db *clickhouse.DB) {
	for _, name := range ask(t, db, "SELECT 'bi.' || name FROM system.tables WHERE database = 'bi'") {
		view, shop := warehouse.Call(name), shopColumn(t, db, name)
		if shop == "" || name == "bi.receipts" { // the rows behind the ledger are as much for all shops as it is
			if _, _, _, err := connectAs(t, "both").Query(t.Context(), "SELECT count() FROM "+view, nil); !clickhouse.Denied(err) {
				t.Errorf("%s belongs to no shop, and is shown to a reader of some: %v", view, err)
			}
			continue
		}
		rows := fmt.Sprintf("SELECT %s AS shop, count() FROM %s GROUP BY shop ORDER BY shop", shop, view)
		all := ask(t, db, rows)
		for _, r := range ofShops[:2] {
			want := slices.DeleteFunc(slices.Clone(all), func(row string) bool {
				of, _, _ := strings.Cut(row, "|")
				return !slices.Contains(r.Shops, of)
			})
			if got := ask(t, connectAs(t, r.Name), rows); !slices.Equal(got, want) || len(want) != len(r.Shops) {
				t.Errorf("%s sees %v of %s, want %v with a row of each of %v", r.Name, got, view, want, r.Shops)
			}
		}
	}
	for _, r := range ofShops {
		reader := connectAs(t, r.Name)
		for table, rows := range r.Rows() {
			want := ask(t, db, "SELECT count() FROM "+table+" WHERE "+rows)
			if got := ask(t, reader, "SELECT count() FROM "+table); !slices.Equal(got, want) {
				t.Errorf("%s sees %v rows of %s, want %v", r.Name, got, table, want)
			}
		}
	}
}

// shopColumn is the column of a view that tells its shop.
func shopColumn(t *testing.T, db *clickhouse.DB, view string) string {
	t.Helper()
	if warehouse.Call(view) != view { // a view with parameters tells no columns
		return "shop_id"
	}
	return strings.Join(ask(t, db, "SELECT name FROM system.columns WHERE database || '.' || table = '"+view+"' AND name IN ('shop_id', 'shopId')"), "")
}

// testLookingAround tries ways past a condition on rows.
func testLookingAround(t *testing.T) {
	reader := connectAs(t, "small_only")
	for _, sql := range []string{
		"SELECT uniqExact(shop_id) FROM askbuy.messages",
		"SELECT count(DISTINCT shop_id) FROM merge('askbuy', '^messages$')",
		"SELECT uniqExact(shop_id) FROM askbuy.messages PREWHERE throwIf(shop_id != 'small') = 0",
		"SELECT uniqExact(shop_id) FROM askbuy.messages WHERE throwIf(shop_id != 'small') = 0",
		"SELECT uniqExact(shop_id) FROM bi.conversations WHERE throwIf(shop_id != 'small') = 0",
		"SELECT min(shop_id) = max(shop_id) FROM askbuy.messages",
		"SELECT count() = (SELECT count() FROM askbuy.messages WHERE shop_id = 'small') FROM askbuy.messages",
	} {
		if got, err := answer(t, reader, sql); err == nil && got != "1" {
			t.Errorf("%s = %s: sees rows of another shop", sql, got)
		} else if err != nil && !clickhouse.Denied(err) {
			t.Errorf("%s: %v", sql, err)
		}
	}
	for _, sql := range []string{
		"SELECT * FROM bi.ledger", "SELECT * FROM bi.receipts", "SELECT * FROM bi.freshness", "SELECT * FROM askbuy.receipts",
		"SELECT * FROM askbuy.conversation_versions", "SELECT * FROM askbuy.conversation_ends", "SELECT * FROM askbuy.conversation_sums",
		"SELECT * FROM askbuy.rollup_generations", "SELECT * FROM askbuy.rollup_changes", "SELECT * FROM askbuy.shop_list",
		"SELECT partition FROM system.parts", // the names of partitions tell experiments of others
		"SELECT * FROM askbuy.experiment_refreshes WHERE experiment != 'greeting'",
		"INSERT INTO askbuy.shops (shop_id) VALUES ('x')", "CREATE TABLE bi.x (a Int8) ENGINE = Memory", "SYSTEM FLUSH LOGS",
	} {
		if got, err := answer(t, reader, sql); err == nil && got != "" {
			t.Errorf("%s is answered: %s", sql, got)
		}
	}
}

func answer(t *testing.T, db *clickhouse.DB, sql string) (string, error) {
	t.Helper()
	_, _, rows, err := db.Query(t.Context(), sql, nil)
	if err != nil || len(rows) == 0 {
		return "", err
	}
	return show(rows[0][0]), nil
}

// testListing: tools look at the catalogue first.
func testListing(t *testing.T) {
	for user, sql := range map[string]string{
		embedded.BIUser: "SELECT count() > 15 FROM information_schema.tables WHERE table_schema = 'bi'",
		"both":          "SELECT count() > 15 FROM system.tables WHERE database = 'bi'",
		"small_only":    "SELECT count() > 100 FROM information_schema.columns WHERE table_schema = 'bi'",
	} {
		if n := ask(t, connectAs(t, user), sql); n[0] != "1" {
			t.Errorf("%s lists too little: %s", user, sql)
		}
	}
}

// testDefiner shows the trap that every view avoids: with its definer's
// rights a view knows no condition on rows.
func testDefiner(t *testing.T, db *clickhouse.DB) {
	for rights, want := range map[string]string{"INVOKER": "1", "DEFINER DEFINER = " + embedded.ServiceUser: "3"} {
		must(t, db.Exec(t.Context(), "CREATE OR REPLACE VIEW bi.conversations SQL SECURITY "+rights+" AS SELECT shop_id FROM askbuy.messages", nil))
		if got := ask(t, connectAs(t, "small_only"), "SELECT uniqExact(shop_id) FROM bi.conversations"); got[0] != want {
			t.Errorf("SQL SECURITY %s shows %s shops, want %s", rights, got[0], want)
		}
	}
}

func TestAccessIsSharedKnowingly(t *testing.T) {
	for _, a := range (warehouse.Reader{Shops: []string{"s"}}).Access() {
		if len(a.Columns) > 0 && a.Rows == "" {
			t.Errorf("%s is shown whole to a reader of one shop", a.Name)
		}
	}
}

// TestGrantSQL holds what is run on a server of one's own, and asks the
// embedded one, which keeps no users, at least to parse it.
func TestGrantSQL(t *testing.T) {
	db := fresh(t)
	var all strings.Builder
	r := warehouse.Reader{Name: "acme", Hash: strings.Repeat("0", 64), Shops: []string{"1024", "it's"}}
	for i, c := range []warehouse.Cluster{{}, cluster} {
		server := warehouse.Server{Cluster: c, Service: "askbuy", Limits: warehouse.DefaultLimits(embedded.Changeable)}
		for _, sql := range slices.Concat(server.Grant(r), server.Grant(warehouse.Reader{Name: "boss", Hash: r.Hash}), server.Revoke(r)) {
			if _, _, _, err := db.Query(t.Context(), "SELECT formatQuery({sql:String})", map[string]any{"sql": sql}); err != nil {
				t.Errorf("%v:\n%s", err, sql)
			}
			if i == 0 {
				fmt.Fprintf(&all, "%s;\n", sql)
			} else if !strings.Contains(sql, "ON CLUSTER '{cluster}'") {
				t.Errorf("not on the cluster:\n%s", sql)
			}
		}
	}
	golden(t, "access.sql", all.String())
}
