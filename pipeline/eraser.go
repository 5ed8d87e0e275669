package pipeline

import (
	"context"
	"crypto/rand"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/erasure"
	"askbuy/internal/kafka"
	"askbuy/internal/keyring"
	"askbuy/internal/wait"
	warehouse "askbuy/schemas/clickhouse"
)

// OpenEraser makes an eraser for a configuration, or for the instance that
// runs on its data directory.
func OpenEraser(ctx context.Context, c Config, db *clickhouse.DB) (*Eraser, error) {
	k, err := Broker(c)
	if err != nil {
		return nil, err
	}
	if c.FingerprintKey == "" {
		if c.FingerprintKey, err = Secret(c.DataDir, "fingerprint_key"); err != nil {
			return nil, fmt.Errorf("ASKBUY_FINGERPRINT_KEY: %w; give the key that the instances have, or their data directory", err)
		}
	}
	if _, err := provision(ctx, k); err != nil {
		return nil, err
	}
	ring, err := openKeyring(ctx, c)
	if err != nil {
		return nil, err
	}
	return newEraser(c, k, db, []byte(c.FingerprintKey), ring)
}

func newEraser(c Config, k kafka.Config, db *clickhouse.DB, key []byte, ring *keyring.Ring) (*Eraser, error) {
	admin, err := kafka.NewAdmin(k)
	if err != nil {
		return nil, err
	}
	producer, err := kafka.NewProducer(k)
	if err != nil {
		admin.Close()
		return nil, err
	}
	return &Eraser{
		passage: passage{k, admin, time.Now, wait.For}, db: db, producer: producer, key: key, ring: ring,
		cluster: warehouse.Cluster{Name: c.ClickHouseCluster}, dir: certificates(filepath.Join(c.DataDir, erasuresDir)),
		random: rand.Reader, settle: 2 * erasure.Every,
	}, nil
}

// Path is where a certificate is kept.
func (e *Eraser) Path(c *Certificate) string { return e.dir.path(c.ID) }

// Close lets go of the broker.
func (e *Eraser) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	e.admin.Close()
	return e.producer.Close(ctx)
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
