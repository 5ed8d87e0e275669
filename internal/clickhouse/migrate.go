package clickhouse

import (
	"context"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

// Migrate applies the goose files in the root of fsys that were not applied
// yet. Both databases are made first. Run it from one process of a cluster at
// a time: the table of versions is an ordinary one.
func Migrate(ctx context.Context, db *DB, fsys fs.FS, log *slog.Logger) error {
	for _, name := range []string{"askbuy", "bi"} {
		if err := db.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+name, nil); err != nil {
			return fmt.Errorf("create database %s: %w", name, err)
		}
	}
	standard := clickhouse.OpenDB(db.options)
	defer standard.Close()
	store, err := database.NewStore(database.DialectClickHouse, "askbuy.goose_db_version")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider("", standard, fsys, goose.WithStore(store), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	applied, err := provider.Up(ctx)
	if err != nil {
		return err
	}
	for _, m := range applied {
		log.Info("migrated", "migration", m.Source.Path, "took", m.Duration)
	}
	return nil
}
