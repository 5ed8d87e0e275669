package embedded

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Changelogs are compacted at the start, before anybody reads them, so that
// what was written again or deleted is gone from the disk: copies of their
// partitions are compacted by a broker of their own and then take the
// originals' places. A kill at any moment leaves the one or the other:
//
//   - compacting/ holds copies under work; found at a start it is thrown away;
//   - compacted/ holds copies that are whole and synced, made so by one rename;
//     found at a start they are put in their places first.
const (
	compactingName = "compacting"
	compactedName  = "compacted"
)

// compaction is one compaction under way.
type compaction struct {
	dir   string
	watch *diskWatch
	// cut lets a test end it between two steps, as a kill does.
	cut func(step string) error
}

// run compacts what has changed since the last compaction. When it fails the
// originals are as they were.
func (c *compaction) run() error {
	tables, err := changedTables(c.dir)
	if err != nil || len(tables) == 0 {
		return err
	}
	work := filepath.Join(c.dir, compactingName)
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"copy", func() error { return copyTables(c.dir, work, tables) }},
		{"compact", func() error { return c.compact(work, tables) }},
		{"check", func() error { return settle(work, tables) }},
		{"commit", func() error { return commit(c.dir) }},
	} {
		if err := step.do(); err != nil {
			return errors.Join(fmt.Errorf("%s tables: %w", step.name, err), os.RemoveAll(work))
		}
		if err := c.after(step.name); err != nil {
			return err
		}
	}
	return nil
}

func (c *compaction) after(step string) error {
	if c.cut == nil {
		return nil
	}
	return c.cut(step)
}

const compactPatience = 5 * time.Minute

// compact runs a broker over the copies. Its topics lose tombstones at once:
// nobody else reads these copies.
func (c *compaction) compact(work string, tables []table) error {
	cluster, err := kfake.NewCluster(kfake.NumBrokers(1), kfake.DataDir(work), kfake.WithLogger(c.watch),
		kfake.BrokerConfigs(map[string]string{"log.cleaner.backoff.ms": never}))
	if err != nil {
		return fmt.Errorf("open copies: %w", err)
	}
	err = mark(cluster.ListenAddrs(), tables)
	if err == nil {
		cluster.Compact()
	}
	cluster.Close()
	return errors.Join(err, c.watch.failure())
}

// marker is a key that no table has. Its tombstone ends a compacted partition:
// kfake never cleans the last batch, which would otherwise keep what came
// before it, and by it a partition is known to be unchanged.
const marker = "\x00compacted up to here"

func mark(brokers []string, tables []table) error {
	client, err := kgo.NewClient(kgo.SeedBrokers(brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchCompression(kgo.NoCompression()),
		kgo.DisableIdempotentWrite()) // its producer id would be one that the real broker gives to somebody else
	if err != nil {
		return err
	}
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), compactPatience)
	defer cancel()
	var marks []*kgo.Record
	for _, t := range tables {
		at := "0"
		answers, err := kadm.NewClient(client).AlterTopicConfigs(ctx, []kadm.AlterConfig{{Name: "delete.retention.ms", Value: &at}}, t.topic)
		if err == nil {
			err = answers[0].Err
		}
		if err != nil {
			return fmt.Errorf("let tombstones of %s go: %w", t.topic, err)
		}
		for _, p := range t.partitions {
			marks = append(marks, &kgo.Record{Topic: t.topic, Partition: p, Key: []byte(marker)})
		}
	}
	return client.ProduceSync(ctx, marks...).FirstErr()
}

// settle looks through the copies, keeps them alone (the broker has made empty
// partitions of every other topic), and makes the disk have them.
func settle(work string, tables []table) error {
	if err := checkLog(work); err != nil {
		return err
	}
	keep := map[string]bool{partitionsName: true}
	for _, t := range tables {
		for _, p := range t.partitions {
			keep[partitionName(t.topic, p)] = true
		}
	}
	for _, dir := range []string{work, filepath.Join(work, partitionsName)} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if keep[e.Name()] {
				continue
			}
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return syncTree(work)
}

// commit is the moment from which on the copies count.
func commit(dir string) error {
	if err := os.Rename(filepath.Join(dir, compactingName), filepath.Join(dir, compactedName)); err != nil {
		return err
	}
	return syncFile(dir)
}

// finish puts whole copies in their places and throws half-made ones away. It
// may be done again after a kill at any point of it.
func (c *compaction) finish() error {
	if err := os.RemoveAll(filepath.Join(c.dir, compactingName)); err != nil {
		return fmt.Errorf("throw a half-made copy away: %w", err)
	}
	copies := filepath.Join(c.dir, compactedName, partitionsName)
	entries, err := os.ReadDir(copies)
	if errors.Is(err, os.ErrNotExist) {
		return os.RemoveAll(filepath.Join(c.dir, compactedName))
	}
	if err != nil {
		return fmt.Errorf("read compacted copies: %w", err)
	}
	for _, e := range entries {
		place := filepath.Join(c.dir, partitionsName, e.Name())
		if err := os.RemoveAll(place); err != nil {
			return fmt.Errorf("replace %s by its compacted copy: %w", e.Name(), err)
		}
		if err := c.after("remove " + e.Name()); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(copies, e.Name()), place); err != nil {
			return fmt.Errorf("replace %s by its compacted copy: %w", e.Name(), err)
		}
		if err := c.after("place " + e.Name()); err != nil {
			return err
		}
	}
	if err := errors.Join(syncFile(filepath.Join(c.dir, partitionsName)), os.RemoveAll(filepath.Join(c.dir, compactedName))); err != nil {
		return fmt.Errorf("replace tables by their compacted copies: %w", err)
	}
	return syncFile(c.dir)
}
