package pipeline

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	embeddedclickhouse "askbuy/internal/clickhouse/embedded"
	"askbuy/internal/wait"
	warehouse "askbuy/schemas/clickhouse"
)

// readersFile lists the users of BI tools that were granted; the passwords
// stand in files of their own.
const readersFile = "bi_readers.json"

// readersEvery is how often a running instance looks whether it has changed.
const readersEvery = time.Second

// readReaders gives who was granted, besides user bi.
func readReaders(dir string) ([]warehouse.Reader, error) {
	path := filepath.Join(dir, readersFile)
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var readers []warehouse.Reader
	if err == nil {
		err = json.Unmarshal(b, &readers, json.RejectUnknownMembers(true))
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w; restore it, or remove it and grant anew", path, err)
	}
	return readers, nil
}

func writeReaders(dir string, readers []warehouse.Reader) error {
	b, err := json.Marshal(readers, jsontext.WithIndent("  "), json.FormatNilSliceAsNull(false))
	if err != nil {
		return fmt.Errorf("write %s: %w", readersFile, err)
	}
	return writeWhole(filepath.Join(dir, readersFile), append(b, '\n'))
}

// embeddedReaders are the users of the embedded server: bi, and who was
// granted.
func embeddedReaders(c Config, s secrets) ([]embeddedclickhouse.Reader, error) {
	granted, err := readReaders(c.DataDir)
	if err != nil {
		return nil, err
	}
	bi := warehouse.Reader{Name: embeddedclickhouse.BIUser, Hash: embeddedclickhouse.Hash(s.bi)}
	readers := []embeddedclickhouse.Reader{embeddedReader(bi, warehouse.Limits{})} // the installation's own: without a quota
	for _, r := range granted {
		readers = append(readers, embeddedReader(r, warehouse.DefaultLimits(nil)))
	}
	return readers, nil
}

func embeddedReader(r warehouse.Reader, l warehouse.Limits) embeddedclickhouse.Reader {
	return embeddedclickhouse.Reader{Name: r.Name, Hash: r.Hash, Grants: r.Grants(), Rows: r.Rows(), Queries: l.Queries, Seconds: l.Seconds}
}

// readersPart tells the embedded server of readers that are granted and
// revoked while it runs.
func (p *Pipeline) readersPart(engine *embeddedclickhouse.Engine, s secrets) part {
	return part{"readers", func(ctx context.Context) error {
		known, _ := readReaders(p.config.DataDir) // the server started with these, or did not
		for wait.For(ctx, readersEvery) == nil {
			now, err := readReaders(p.config.DataDir)
			if err == nil && slices.EqualFunc(now, known, sameReader) {
				continue
			}
			if err == nil {
				err = p.tellReaders(ctx, engine, s)
			}
			if err != nil && ctx.Err() == nil {
				p.log.Error("cannot change who reads with BI tools, will try again", "error", err)
				continue
			}
			known = now
		}
		return nil
	}}
}

func (p *Pipeline) tellReaders(ctx context.Context, engine *embeddedclickhouse.Engine, s secrets) error {
	readers, err := embeddedReaders(p.config, s)
	if err != nil {
		return err
	}
	if err := engine.SetReaders(ctx, readers); err != nil {
		return err
	}
	p.log.Info("who reads with BI tools has changed", "readers", len(readers))
	return nil
}

func sameReader(a, b warehouse.Reader) bool {
	return a.Name == b.Name && a.Hash == b.Hash && slices.Equal(a.Shops, b.Shops)
}

var readerName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,62}$`)

// validateReader names every problem of a reader to be granted.
func validateReader(r warehouse.Reader) error {
	var problems []error
	if !readerName.MatchString(r.Name) {
		problems = append(problems, fmt.Errorf("--user %q: begin with a letter, and use letters, digits and _ only", r.Name))
	}
	if slices.Contains([]string{"default", embeddedclickhouse.ServiceUser, embeddedclickhouse.BIUser}, r.Name) {
		problems = append(problems, fmt.Errorf("--user %s is a user of askbuy itself: choose another name", r.Name))
	}
	if slices.Contains(r.Shops, "") {
		problems = append(problems, errors.New("--shop must not be empty: name a shop, or say --all"))
	}
	return errors.Join(problems...)
}
