package main

import (
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"

	"askbuy/internal/clickhouse"
)

// readers grants, checks, leaks and revokes, on an instance with simulated
// shops.
func (i *instance) readers(t *testing.T) {
	i.ask("bi", "grant", "--user", "acme", "--shop", "s1", "--all").wants(exitUsage)
	i.ask("bi", "grant", "--user", "askbuy", "--all").wants(exitUsage)
	i.ask("bi", "check", "--user", "acme").wants(exitUsage)
	ask(t, "bi", "grant", "--user", "acme", "--all", "--data-dir", t.TempDir()).wants(exitUsage).says("no instance is running")
	shops := i.shops(t)
	i.ask("bi", "grant", "--user", "acme", "--shop", shops[0]).wants(exitDone)
	if info, err := os.Stat(i.dir + "/bi_password_acme"); err != nil || info.Mode() != fs.FileMode(0o600) {
		t.Errorf("the password's file: %v %v", info, err)
	}
	i.ask("bi", "check", "--user", "acme").wants(exitDone).says("bi.conversations", "ok: not granted")
	i.ask("bi", "check", "--user", "acme", "--shop", shops[1]).wants(exitNo).says("SHOWS ROWS OF OTHER SHOPS")

	i.ask("bi", "grant", "--user", "acme", "--shop", shops[0], "--shop", shops[1]).wants(exitDone)
	i.leak(t)

	i.ask("bi", "revoke", "--user", "acme").wants(exitDone)
	i.ask("bi", "check", "--user", "acme", "--all").wants(exitUsage)
	i.ask("bi", "revoke", "--user", "acme").wants(exitUsage).says("was not granted")
	i.ask("bi", "grant", "--user", "acme", "--shop", "it's", "--print").wants(exitDone).says("CREATE ROW POLICY OR REPLACE `askbuy_bi_it's` ON askbuy.messages", `shop_id IN ('it\'s')`)
	i.ask("report", "ledger").wants(exitDone) // nothing was lost while the server was started anew
}

// leak makes a view as a careless administrator would.
func (i *instance) leak(t *testing.T) {
	db := i.service(t)
	for _, sql := range []string{
		"CREATE VIEW bi.cheap (shop_id String) DEFINER = askbuy SQL SECURITY DEFINER AS SELECT shop_id FROM askbuy.messages",
		"CREATE VIEW bi.totals (n UInt64) SQL SECURITY INVOKER AS SELECT count() AS n FROM bi.messages",
	} {
		if err := db.Exec(t.Context(), sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	i.ask("bi", "check", "--user", "acme", "--lang", "zh").wants(exitDone).says("acme 能看到什么") // views that were not granted hurt nobody
	for _, view := range []string{"cheap", "totals"} {
		if err := db.Exec(t.Context(), "DROP VIEW bi."+view, nil); err != nil {
			t.Fatal(err)
		}
	}
	const kept = "CREATE OR REPLACE VIEW bi.touches (shop_id String) DEFINER = askbuy SQL SECURITY DEFINER AS SELECT shop_id FROM askbuy.messages"
	if err := db.Exec(t.Context(), kept, nil); err != nil {
		t.Fatal(err)
	}
	i.ask("bi", "check", "--user", "acme").wants(exitNo).says("SHOWS ROWS OF OTHER SHOPS", "1 of")
	i.ask("migrate").wants(exitDone)
}

// shops are those that have rows.
func (i *instance) shops(t *testing.T) []string {
	_, _, rows, err := i.service(t).Query(t.Context(), "SELECT shop_id FROM bi.shops ORDER BY shop_id", nil)
	if err != nil || len(rows) < 3 {
		t.Fatalf("shops: %v %v", rows, err)
	}
	return strings.Fields(fmt.Sprint(rows[0][0], " ", rows[1][0]))
}

func (i *instance) service(t *testing.T) *clickhouse.DB {
	t.Helper()
	db, err := clickhouse.Open(t.Context(), i.at.DSN)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}
