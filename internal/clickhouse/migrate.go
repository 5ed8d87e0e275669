package clickhouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"

	driver "github.com/ClickHouse/clickhouse-go/v2"
	"github.com/pressly/goose/v3"

	"askbuy/internal/crash"
)

// database holds our tables and goose's list of applied migrations.
const (
	database      = "askbuy"
	versionsTable = database + ".schema_migrations"
)

// ErrNewer: the tables were made by a newer askbuy.
var ErrNewer = errors.New("the warehouse is newer than this program")

// Migrate brings the schema up to the newest of fsys's goose files (NNNNN_name.sql at its root, with
// `-- +goose NO TRANSACTION`). What was applied before is not applied again. A migration that failed half way
// is repeated from its first statement, so its statements must bear repetition (IF NOT EXISTS, OR REPLACE). A
// schema with a migration that fsys lacks is ErrNewer and stays as it is.
func Migrate(ctx context.Context, db *DB, fsys fs.FS, log *slog.Logger) (err error) {
	if err := db.Exec(ctx, "CREATE DATABASE IF NOT EXISTS "+database, nil); err != nil {
		return fmt.Errorf("create database %s: %w", database, err)
	}
	opts := *db.options
	opts.MaxOpenConns, opts.MaxIdleConns = 2, 1
	std := driver.OpenDB(&opts)
	defer func() { err = errors.Join(err, std.Close()) }()
	provider, err := goose.NewProvider(goose.DialectClickHouse, std, fsys,
		goose.WithTableName(versionsTable), goose.WithSlog(log), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	ctx = withSettings(ctx, []Settings{insertSettings})
	applied, known, err := provider.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the schema's version: %w", err)
	}
	if applied > known {
		return fmt.Errorf("%w: its tables are of migration %d, this askbuy knows up to %d; run the askbuy that wrote it or a newer one, or restore a backup of before", ErrNewer, applied, known)
	}
	for {
		done, err := provider.UpByOne(ctx)
		if partial := (*goose.PartialError)(nil); errors.As(err, &partial) {
			return fmt.Errorf("apply migration %s: %w", partial.Failed.Source.Path, partial.Err)
		}
		if errors.Is(err, goose.ErrNoNextVersion) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("migrate ClickHouse: %w", err)
		}
		crash.At(crash.Migrated)
		log.Info("applied migration", "file", done.Source.Path, "took", done.Duration)
	}
}
