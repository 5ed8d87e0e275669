package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"

	"askbuy/internal/clickhouse"
	embeddedclickhouse "askbuy/internal/clickhouse/embedded"
	"askbuy/internal/crash"
	warehouse "askbuy/schemas/clickhouse"
)

// startWarehouse starts the embedded server, unless a DSN is configured, and
// returns where the warehouse is.
func startWarehouse(ctx context.Context, c Config, s secrets, log *slog.Logger) (dsn string, engine *embeddedclickhouse.Engine, err error) {
	if c.ClickHouseDSN != "" {
		return c.ClickHouseDSN, nil, nil
	}
	readers, err := embeddedReaders(c, s)
	if err != nil {
		return "", nil, err
	}
	http, native := c.embeddedClickHouseAddrs()
	dir := filepath.Join(c.DataDir, "clickhouse")
	for {
		engine, err = embeddedclickhouse.Start(ctx, embeddedclickhouse.Options{
			Dir: dir, HTTPAddr: http, NativeAddr: native,
			ServicePassword: s.service, Readers: readers, Log: log,
		})
		var busy *embeddedclickhouse.AddrError
		switch {
		case err == nil:
			return engine.DSN(), engine, nil
		case !errors.As(err, &busy):
			return "", nil, fmt.Errorf("start embedded ClickHouse: %w%s", err, nextStep(err, dir))
		case busy.Listener == "http" && c.EmbeddedClickHouseHTTPAddr != "":
			return "", nil, taken("ASKBUY_EMBEDDED_CLICKHOUSE_HTTP_ADDR", http)
		case busy.Listener == "native" && c.EmbeddedClickHouseNativeAddr != "":
			return "", nil, taken("ASKBUY_EMBEDDED_CLICKHOUSE_NATIVE_ADDR", native)
		case busy.Listener == "http" && http != anyPort(http):
			http = anyPort(http)
		case busy.Listener == "native" && native != anyPort(native):
			native = anyPort(native)
		default: // a port that the system picked was taken by somebody faster: pick again
		}
	}
}

// nextStep is what to do about a server that does not start, unless the error
// says so itself.
func nextStep(err error, dir string) string {
	for _, told := range []error{embeddedclickhouse.ErrNoEngine, embeddedclickhouse.ErrLocked, context.Canceled} {
		if errors.Is(err, told) {
			return ""
		}
	}
	return fmt.Sprintf("; see that %s can be written and has room; if it is damaged, restore it from a backup", dir)
}

// prepare brings tables and views up to date. It may run in several processes
// at once.
func prepare(ctx context.Context, db *clickhouse.DB, c Config, log *slog.Logger) error {
	cluster := warehouse.Cluster{Name: c.ClickHouseCluster}
	migrations, err := warehouse.Render(cluster)
	if err != nil {
		return fmt.Errorf("render migrations: %w", err)
	}
	if err := clickhouse.Migrate(ctx, db, migrations, log); err != nil {
		return fmt.Errorf("migrate the warehouse: %w", err)
	}
	views, err := warehouse.Views(cluster)
	if err != nil {
		return fmt.Errorf("render views: %w", err)
	}
	for _, view := range views {
		if err := db.Exec(ctx, view.SQL, nil); err != nil {
			return fmt.Errorf("make view %s: %w", view.Name, err)
		}
		crash.At(crash.ViewMade)
	}
	return nil
}

// makeRollups has the server keep what the dashboard reads of all shops at
// once.
func makeRollups(ctx context.Context, db *clickhouse.DB, c Config) error {
	if !c.Has(RoleDashboard) {
		return nil
	}
	rollups, err := warehouse.Rollups(warehouse.Cluster{Name: c.ClickHouseCluster})
	if err != nil {
		return fmt.Errorf("render rollups: %w", err)
	}
	for _, r := range rollups {
		if err := db.Exec(ctx, r.SQL, nil); err != nil {
			return fmt.Errorf("make rollup %s: %w", r.Name, err)
		}
	}
	return nil
}

// writeShops makes the configured shops, and only them, the ones that the
// views see: a shop that left the configuration goes back to the defaults. A
// process whose configuration says nothing of shops leaves them alone.
func writeShops(ctx context.Context, db *clickhouse.DB, c Config) error {
	if len(c.Shops) == 0 {
		return nil
	}
	type row struct {
		ShopID  string `ch:"shop_id"`
		Zone    string `ch:"time_zone"`
		Money   string `ch:"reporting_currency"`
		Version uint64 `ch:"version"`
	}
	known, err := clickhouse.Select[row](ctx, db, "SELECT shop_id, time_zone, reporting_currency, version FROM askbuy.shops FINAL", nil)
	if err != nil {
		return fmt.Errorf("read shops: %w", err)
	}
	want := map[string]Shop{}
	for id, shop := range c.Shops {
		want[id] = shop
	}
	version := uint64(0)
	have := map[string]Shop{}
	for _, k := range known {
		version = max(version, k.Version)
		have[k.ShopID] = Shop{k.Zone, k.Money}
		if _, still := want[k.ShopID]; !still {
			want[k.ShopID] = Shop{}
		}
	}
	var rows [][]any
	for id, shop := range want {
		if have[id] != shop {
			rows = append(rows, []any{id, shop.TimeZone, shop.ReportingCurrency, version + 1})
		}
	}
	if len(rows) == 0 {
		return nil
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[0].(string), b[0].(string)) })
	if err := db.Insert(ctx, warehouse.Shops.Name, warehouse.Shops.Columns, rows); err != nil {
		return fmt.Errorf("write shops: %w", err)
	}
	return nil
}

// RedactDSN hides the password of an address, before its host or among its
// parameters.
func RedactDSN(dsn string) string {
	u, err := url.Parse(dsn)
	if err != nil {
		return "***"
	}
	if q := u.Query(); q.Has("password") {
		q.Set("password", "xxxxx")
		u.RawQuery = q.Encode()
	}
	return u.Redacted()
}
