package pipeline

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"askbuy/internal/clickhouse"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// keyCheck tells fingerprint keys apart, and nothing of them.
func (s secrets) keyCheck() string {
	return hex.EncodeToString(event.NewFingerprinter([]byte(s.fingerprint)).Sum([]byte("askbuy fingerprint_key")))
}

// installation names this installation in its broker's directory.
func (s secrets) installation() string { return s.keyCheck()[:12] }

// sameInstallation holds this process's fingerprint key against the one that
// the warehouse was begun with. Under two keys the same event would be a
// conflict with itself, and a message without an id would be two.
func sameInstallation(ctx context.Context, db *clickhouse.DB, s secrets) error {
	const name = "fingerprint_key"
	type row struct {
		Value string `ch:"value"`
	}
	check := s.keyCheck()
	known, err := clickhouse.Select[row](ctx, db, "SELECT value FROM askbuy.installation FINAL WHERE name = {name:String}", map[string]any{"name": name})
	switch {
	case err != nil:
		return fmt.Errorf("read the installation's key check: %w", err)
	case len(known) == 0:
		return wrap("keep the installation's key check", db.Insert(ctx, warehouse.Installation.Name, warehouse.Installation.Columns, [][]any{{name, check}}))
	case known[0].Value != check:
		return errors.New("ASKBUY_FINGERPRINT_KEY: this warehouse was begun with another key: give every process the same one, from the file fingerprint_key in the data directory of the first")
	}
	return nil
}
