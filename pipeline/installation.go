package pipeline

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
	"askbuy/sinks"
)

// keyCheck tells fingerprint keys apart, and nothing of them.
func (s secrets) keyCheck() string {
	return hex.EncodeToString(event.NewFingerprinter([]byte(s.fingerprint)).Sum([]byte("askbuy fingerprint_key")))
}

// installation names this installation in its broker's directory.
func (s secrets) installation() string { return s.keyCheck()[:12] }

const keyCheckName = "fingerprint_key"

// openTables brings the warehouse's tables and views up to date, once it is
// sure that the warehouse belongs to this installation and its log.
func openTables(ctx context.Context, db *clickhouse.DB, admin *kafka.Admin, k kafka.Config, c Config, s secrets, log *slog.Logger) error {
	begun, err := sameInstallation(ctx, db, s)
	if err != nil {
		return err
	}
	if err := prepare(ctx, db, c, log); err != nil || begun {
		return err
	}
	if err := notForgotten(ctx, db, admin, k, c, s); err != nil {
		return err
	}
	return wrap("keep the installation's key check", db.Insert(ctx, warehouse.Installation.Name, warehouse.Installation.Columns, [][]any{{keyCheckName, s.keyCheck()}}))
}

// sameInstallation holds this process's fingerprint key against the one that
// the warehouse was begun with, if it was. Under two keys the same event would
// be a conflict with itself, and a message without an id would be two. It
// writes nothing: the warehouse may be another's.
func sameInstallation(ctx context.Context, db *clickhouse.DB, s secrets) (begun bool, err error) {
	if there, err := count(ctx, db, "FROM system.tables WHERE concat(database, '.', name) = {table:String}", map[string]any{"table": warehouse.Installation.Name}); err != nil || there == 0 {
		return false, err
	}
	type row struct {
		Value string `ch:"value"`
	}
	known, err := clickhouse.Select[row](ctx, db, "SELECT value FROM askbuy.installation FINAL WHERE name = {name:String}", map[string]any{"name": keyCheckName})
	switch {
	case err != nil:
		return false, fmt.Errorf("read the installation's key check: %w", err)
	case len(known) > 0 && known[0].Value != s.keyCheck():
		return false, errors.New("ASKBUY_FINGERPRINT_KEY: this warehouse was begun with another key: give every process the same one, from the file fingerprint_key in the data directory of the first")
	}
	return len(known) > 0, nil
}

// notForgotten refuses a warehouse that has nothing of what the sinks have
// committed: it was lost or exchanged, and would stay without those events for
// ever. To store the topics again would not do: it would bring back the erased.
func notForgotten(ctx context.Context, db *clickhouse.DB, admin *kafka.Admin, k kafka.Config, c Config, s secrets) error {
	stored, err := count(ctx, db, "FROM (SELECT 1 FROM askbuy.receipts LIMIT 1)", nil)
	if err != nil || stored > 0 {
		return err
	}
	committed, err := admin.CommittedOffsets(ctx, k.Name(sinks.Group))
	if err != nil {
		return err
	}
	records := int64(0)
	for _, topic := range event.RawTopics() {
		for _, at := range committed[k.Name(topic)] {
			records += at
		}
	}
	if records == 0 {
		return nil
	}
	// Another process may have begun it since we looked, and stored records.
	if begun, err := sameInstallation(ctx, db, s); err != nil || begun {
		return err
	}
	return fmt.Errorf("the warehouse is empty, but %d records were stored and committed before: it was lost or exchanged; restore %s, or begin anew without them: %s", records,
		warehousePlace(c), beginAnew(c))
}

func warehousePlace(c Config) string {
	if c.ClickHouseDSN != "" {
		return RedactDSN(c.ClickHouseDSN)
	}
	return filepath.Join(c.DataDir, "clickhouse")
}

// beginAnew is how to go on without what the log has.
func beginAnew(c Config) string {
	if len(c.KafkaBrokers) > 0 {
		return "give another --kafka-prefix (ASKBUY_KAFKA_PREFIX)"
	}
	return "move " + filepath.Join(c.DataDir, "kafka") + " away"
}

func count(ctx context.Context, db *clickhouse.DB, from string, args map[string]any) (uint64, error) {
	type row struct {
		N uint64 `ch:"n"`
	}
	rows, err := clickhouse.Select[row](ctx, db, "SELECT count() AS n "+from, args)
	if err != nil {
		return 0, fmt.Errorf("look at the warehouse: %w", err)
	}
	return rows[0].N, nil
}
