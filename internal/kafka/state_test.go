package kafka_test

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/lovoo/goka/storage"
	"github.com/twmb/franz-go/pkg/kfake"
)

// A table on disk is gone on with at a restart, as long as it is this
// changelog's: with another broker, or a topic made anew, it is read anew.
func TestConformanceStateDirectory(t *testing.T) {
	kafkatest.Each(t, 2, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		const keys, each, more = 6, 60, 1000
		o := quick(c)
		table := c.Name("g-table")
		o.StateDir, o.TableID = t.TempDir(), groupTopics(t, c)[table].ID
		total := 0
		round := func(topicsID [16]byte) (got int) {
			t.Helper()
			o.TableID = topicsID
			p := run(t, c, countingGroup(c), o)
			kafkatest.Produce(t, c, inputs(c, total, each, keys)...)
			total += each
			caughtUp(t, c, total)
			got = tableCounts(t, p, keys).exact
			if err := p.stop(); err != nil {
				t.Error(err)
			}
			return got
		}
		ours, theirs := o.TableID, [16]byte{1}
		if got := round(ours); got != total {
			t.Errorf("counted %d, want %d", got, total)
		}
		addTo(t, c, o, "k0", more) // on disk alone, so that it shows which copy was read
		if got := round(ours); got != total+more {
			t.Errorf("at a restart: counted %d, want %d from disk", got, total+more)
		}
		changed := total + more // the changelog has it by now
		addTo(t, c, o, "k0", more)
		if got := round(theirs); got != changed+each {
			t.Errorf("another topic: counted %d, want %d from the changelog", got, changed+each)
		}
		if _, err := os.Stat(filepath.Join(o.StateDir, o.Group, hex.EncodeToString(ours[:]))); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the tables of a topic that is no more are there: %v", err)
		}
		if err := os.RemoveAll(o.StateDir); err != nil {
			t.Fatal(err)
		}
		if got := round(ours); got != changed+2*each {
			t.Errorf("without a state directory: counted %d, want %d", got, changed+2*each)
		}
	})
}

// addTo raises a count on disk, while nobody else has it open.
func addTo(t *testing.T, c kafka.Config, o kafka.GroupOptions, key string, n int) {
	t.Helper()
	dir := filepath.Join(o.StateDir, o.Group, hex.EncodeToString(o.TableID[:]))
	store, err := storage.DefaultBuilder(dir)(c.Name("g-table"), kafka.Partition([]byte(key), c.Partitions))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	value, err := store.Get(key)
	if err != nil {
		t.Fatal(err)
	}
	decoded, err := counts().Decode(value)
	if err != nil {
		t.Fatal(err)
	}
	changed := decoded.(count)
	changed.exact += n
	if value, err = counts().Encode(changed); err != nil {
		t.Fatal(err)
	}
	if err := store.Set(key, value); err != nil {
		t.Fatal(err)
	}
}

// A changelog that the broker has compacted, with gaps in its offsets, is read
// whole by a processor that has lost its tables.
func TestConformanceCompactedChangelog(t *testing.T) {
	kafkatest.Each(t, 1, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		const keys, each = 5, 200
		groupTopics(t, c)
		table := c.Name("g-table")
		// A segment is closed at the next record after 50 ms, and closed ones are cleaned.
		kafkatest.Alter(t, c, table, map[string]string{"segment.ms": "50", "min.cleanable.dirty.ratio": "0.01", "delete.retention.ms": "0"})
		p := run(t, c, countingGroup(c), quick(c))
		total := 0
		say := func(n int) {
			kafkatest.Produce(t, c, inputs(c, total, n, keys)...)
			total += n
			caughtUp(t, c, total)
		}
		say(each)
		kafkatest.Await(t, "compaction", func(ctx context.Context) (bool, error) {
			say(1)
			kept := 0
			err := kafka.ReadPartition(ctx, c, table, 0, 0, end(t, c, table), func(kafka.Fetched) bool { kept++; return true })
			return kept < each, err
		})
		if err := p.stop(); err != nil {
			t.Error(err)
		}
		p = run(t, c, countingGroup(c), quick(c))
		if got := tableCounts(t, p, keys); got.exact != total {
			t.Errorf("counted %d, want %d", got.exact, total)
		}
		everyInputIsOut(t, c, total)
	}, kfake.BrokerConfigs(map[string]string{"log.cleaner.backoff.ms": fmt.Sprint(50)}))
}
