package pipeline

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/erasure"
	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/models/intent"
	"askbuy/models/registry"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// intentModels finds intent models by name.
type intentModels interface {
	Model(ctx context.Context, name string) (*intent.Model, error)
}

// bundles finds models of the registry by their id, and others in their
// directory.
type bundles struct{ registry registry.Bundles }

func isModelID(name string) bool { return strings.HasPrefix(name, "sha256:") }

func (b bundles) Model(ctx context.Context, name string) (*intent.Model, error) {
	if isModelID(name) {
		m, err := b.registry.Model(ctx, name)
		return m, wrap("--model", err)
	}
	m, err := intent.Open(os.DirFS(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("--model: %q is neither the id of a model (askbuy model list) nor a bundle's directory (askbuy model train writes one): %w", name, err)
	}
	return m, wrap("--model", err)
}

// OpenReplayer makes a replayer for a configuration, or for the instance that
// runs on its data directory. One replay runs on a data directory at a time.
func OpenReplayer(ctx context.Context, c Config, db *clickhouse.DB) (_ *Replayer, err error) {
	k, err := Broker(c)
	if err != nil {
		return nil, err
	}
	if c.FingerprintKey == "" {
		if c.FingerprintKey, err = Secret(c.DataDir, "fingerprint_key"); err != nil {
			return nil, fmt.Errorf("ASKBUY_FINGERPRINT_KEY: %w; give the key that the instances have, or their data directory", err)
		}
	}
	infos, err := provision(ctx, k)
	if err != nil {
		return nil, err
	}
	epochs, err := topicEpochs(ctx, db, k.Prefix, infos, slices.Concat(event.RawTopics(), event.DerivedTopics()))
	if err != nil {
		return nil, err
	}
	unlock, err := lockReplay(c.DataDir)
	if err != nil {
		return nil, err
	}
	admin, err := kafka.NewAdmin(k)
	if err != nil {
		return nil, errors.Join(err, unlock())
	}
	models := openModelsLog(k, admin, db, time.Now)
	force, err := models.follow(ctx, nil, slog.New(slog.DiscardHandler))
	if err != nil {
		admin.Close()
		return nil, errors.Join(err, unlock())
	}
	return &Replayer{
		passage: passage{k, admin, time.Now, wait.For}, db: db, cluster: warehouse.Cluster{Name: c.ClickHouseCluster}, epochs: epochs,
		erased: erasure.New([]byte(c.FingerprintKey), &erasure.Table{DB: db}),
		unlock: unlock, random: rand.Reader, force: force, models: bundles{models.bundles},
	}, nil
}

// lockReplay keeps two replays from finishing each other's swap. The lock ends
// with its process.
func lockReplay(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, dataDirError(dir, err)
	}
	f, err := os.OpenFile(filepath.Join(dir, "replay.lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, dataDirError(dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return nil, fmt.Errorf("another replay runs on data directory %s: wait for its end", dir)
	}
	return f.Close, nil
}
