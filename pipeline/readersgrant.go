package pipeline

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"time"

	"askbuy/internal/clickhouse"
	embeddedclickhouse "askbuy/internal/clickhouse/embedded"
	"askbuy/internal/wait"
	warehouse "askbuy/schemas/clickhouse"
)

// ReaderPasswordFile holds the password of a reader, for its owner's eyes.
func ReaderPasswordFile(c Config, name string) string {
	if name == embeddedclickhouse.BIUser {
		return filepath.Join(c.DataDir, "bi_password")
	}
	return filepath.Join(c.DataDir, "bi_password_"+name)
}

// GrantStatements are what makes a reader on a server with SQL access control,
// with the password that the data directory keeps, or a new one.
func GrantStatements(c Config, r warehouse.Reader) ([]string, error) {
	r, err := withPassword(c, r)
	if err != nil {
		return nil, err
	}
	server, err := readersServer(c)
	if err != nil {
		return nil, err
	}
	return server.Grant(r), nil
}

// GrantReader makes a reader, or changes the shops of one; its password stays.
// It returns once the reader can sign in.
func GrantReader(ctx context.Context, c Config, r warehouse.Reader) error {
	if err := embeddedRuns(c); err != nil {
		return err
	}
	r, err := withPassword(c, r)
	if err != nil {
		return err
	}
	if c.ClickHouseDSN != "" {
		server, err := readersServer(c)
		if err != nil {
			return err
		}
		if err := runStatements(ctx, c, server.Grant(r)); err != nil {
			return fmt.Errorf("%w; the user of the DSN needs ACCESS MANAGEMENT, or give what --print prints to somebody who has it", err)
		}
	}
	if err := changeReaders(c, func(kept []warehouse.Reader) []warehouse.Reader { return append(without(kept, r.Name), r) }); err != nil {
		return err
	}
	return awaitReader(ctx, c, r.Name, func(known bool, rows string) bool { return known && rows == r.Rows()[warehouse.Messages.Name] })
}

// RevokeReader takes a reader away, and returns once it cannot sign in.
func RevokeReader(ctx context.Context, c Config, name string) error {
	if err := embeddedRuns(c); err != nil {
		return err
	}
	if c.ClickHouseDSN != "" {
		server, err := readersServer(c)
		if err != nil {
			return err
		}
		if err := runStatements(ctx, c, server.Revoke(warehouse.Reader{Name: name})); err != nil {
			return err
		}
	}
	known := false
	err := changeReaders(c, func(kept []warehouse.Reader) []warehouse.Reader {
		left := without(kept, name)
		known = len(left) < len(kept)
		return left
	})
	switch {
	case err != nil:
		return err
	case !known && c.ClickHouseDSN == "":
		return fmt.Errorf("--user %s was not granted", name)
	}
	if err := awaitReader(ctx, c, name, func(known bool, _ string) bool { return !known }); err != nil {
		return err
	}
	if err := os.Remove(ReaderPasswordFile(c, name)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// embeddedRuns: the embedded server is told by the instance that runs it.
func embeddedRuns(c Config) error {
	if c.ClickHouseDSN != "" {
		return nil
	}
	_, err := ReadEndpoints(c.DataDir)
	return err
}

// GrantedReader is what was granted to a reader; user bi reads all shops.
func GrantedReader(c Config, name string) (warehouse.Reader, error) {
	if name == embeddedclickhouse.BIUser {
		return warehouse.Reader{Name: name}, nil
	}
	kept, err := readReaders(c.DataDir)
	for _, r := range kept {
		if r.Name == name {
			return r, nil
		}
	}
	return warehouse.Reader{}, errors.Join(err, fmt.Errorf("--user %s was not granted from data directory %q: name it, or say which shops are its own with --shop or --all", name, c.DataDir))
}

// OpenReader opens the warehouse as a reader, with the password that is kept.
func OpenReader(ctx context.Context, c Config, name string) (*clickhouse.DB, error) {
	password, err := Secret(c.DataDir, filepath.Base(ReaderPasswordFile(c, name)))
	if err != nil {
		return nil, err
	}
	dsn := c.ClickHouseDSN
	if dsn == "" {
		at, err := ReadEndpoints(c.DataDir)
		if err != nil {
			return nil, err
		}
		dsn = at.DSN
	}
	u, err := url.Parse(dsn)
	if err != nil {
		return nil, errors.New("ASKBUY_CLICKHOUSE_DSN is no URL")
	}
	u.User, u.Path = url.UserPassword(name, password), "/"+warehouse.DatabaseViews
	return clickhouse.Open(ctx, u.String())
}

// withPassword gives a reader the hash of the password that is kept, or of a
// new one.
func withPassword(c Config, r warehouse.Reader) (warehouse.Reader, error) {
	if err := validateReader(r); err != nil {
		return r, err
	}
	password, err := secret(c.DataDir, filepath.Base(ReaderPasswordFile(c, r.Name)), "")
	slices.Sort(r.Shops)
	r.Shops, r.Hash = slices.Compact(r.Shops), embeddedclickhouse.Hash(password)
	return r, err
}

func without(readers []warehouse.Reader, name string) []warehouse.Reader {
	return slices.DeleteFunc(slices.Clone(readers), func(r warehouse.Reader) bool { return r.Name == name })
}

// changeReaders changes the list of who was granted. Two grants at once are
// one person's mistake, not a load: the later one counts.
func changeReaders(c Config, change func([]warehouse.Reader) []warehouse.Reader) error {
	kept, err := readReaders(c.DataDir)
	if err != nil {
		return err
	}
	return writeReaders(c.DataDir, change(kept))
}

// readersServer is the configured server, and its user of the pipeline.
func readersServer(c Config) (warehouse.Server, error) {
	s := warehouse.Server{Cluster: warehouse.Cluster{Name: c.ClickHouseCluster}, Service: embeddedclickhouse.ServiceUser,
		Limits: warehouse.DefaultLimits(embeddedclickhouse.Changeable)}
	if u, err := url.Parse(c.ClickHouseDSN); err == nil && u.User.Username() != "" {
		s.Service = u.User.Username()
	}
	return s, s.Cluster.Validate()
}

func runStatements(ctx context.Context, c Config, statements []string) error {
	db, err := Warehouse(ctx, c)
	if err != nil {
		return err
	}
	for _, sql := range statements {
		if err = db.Exec(ctx, sql, nil); err != nil {
			break
		}
	}
	return errors.Join(err, db.Close())
}

// readersLimit bounds how long a running instance may take to notice.
const readersLimit = 60 * time.Second

// awaitReader waits until the embedded server, which a running instance tells
// of changes, knows of a reader what it should: whether there is one, and the
// condition on its messages. A server of one's own knows at once.
func awaitReader(ctx context.Context, c Config, name string, told func(known bool, rows string) bool) error {
	if c.ClickHouseDSN != "" {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readersLimit)
	defer cancel()
	for {
		known, rows, err := knowsReader(ctx, c, name)
		if err == nil && told(known, rows) {
			return nil
		}
		if wait.For(ctx, 200*time.Millisecond) != nil {
			return errors.Join(fmt.Errorf("the server did not take the change of %s within %s: see the log of askbuy run", name, readersLimit), err)
		}
	}
}

// knowsReader asks the server for a user, and for its condition on messages.
func knowsReader(ctx context.Context, c Config, name string) (known bool, rows string, err error) {
	db, err := Warehouse(ctx, c) // anew each time: it is started anew
	if err != nil {
		return false, "", err
	}
	_, _, found, err := db.Query(ctx, `SELECT count() > 0, (SELECT max(select_filter) FROM system.row_policies WHERE short_name = {user:String} AND database = 'askbuy' AND table = 'messages')
FROM system.users WHERE name = {user:String}`, map[string]any{"user": name})
	if err = errors.Join(err, db.Close()); err != nil {
		return false, "", err
	}
	rows, _ = found[0][1].(string) // NULL: none
	return found[0][0].(uint8) == 1, rows, nil
}
