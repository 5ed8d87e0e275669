package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
)

const compactedTable = "g-table"

// written is a broker's directory, as kill -9 leaves it, after a history of a
// table's keys, and what the table then holds.
func written(t *testing.T, history []kafka.Record) (dir string, live map[string]string) {
	t.Helper()
	running := filepath.Join(t.TempDir(), "running")
	b := open(t, running)
	c := config(b)
	kafkatest.Topics(t, c, kafka.TableTopic("g"), kafka.Topic{Name: "raw", Retention: kafka.Keep})
	live = map[string]string{}
	for n := range history {
		r := &history[n]
		r.Topic = compactedTable
		live[string(r.Key)] = string(r.Value)
		if r.Value == nil {
			delete(live, string(r.Key))
		}
		kafkatest.Produce(t, c, *r, kafka.Record{Topic: "raw", Key: r.Key, Value: r.Value})
	}
	dir = filepath.Join(t.TempDir(), "killed")
	if err := os.CopyFS(dir, os.DirFS(running)); err != nil {
		t.Fatal(err)
	}
	shut(t, b)
	return dir, live
}

func open(t *testing.T, dir string) *Broker {
	t.Helper()
	b, err := Start(Options{Dir: dir, Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { shut(t, b) })
	return b
}

func shut(t *testing.T, b *Broker) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

func config(b *Broker) kafka.Config {
	c := kafka.EmbeddedConfig(b.Brokers())
	c.Partitions = 2
	return c
}

// holds reads the table, and sees that there is nothing in it but what is live,
// and that the other topic has everything.
func holds(t *testing.T, b *Broker, live map[string]string, all int) {
	t.Helper()
	a, err := kafka.NewAdmin(config(b))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ctx := kafkatest.Context(t)
	ends, err := a.EndOffsets(ctx, compactedTable, "raw")
	if err != nil {
		t.Fatal(err)
	}
	if n := ends["raw"][0] + ends["raw"][1]; n != int64(all) || len(kafkatest.Read(t, config(b), "raw", all)) != all {
		t.Errorf("%d raw records, want %d", n, all)
	}
	found := map[string]string{}
	for p, end := range ends[compactedTable] {
		err := kafka.ReadPartition(ctx, config(b), compactedTable, p, 0, end, func(r kafka.Fetched) bool {
			if key := string(r.Key); key != marker {
				if _, twice := found[key]; twice || r.Value == nil {
					t.Errorf("%q is there again, with %q", key, r.Value)
				}
				found[key] = string(r.Value)
			}
			return true
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if fmt.Sprint(found) != fmt.Sprint(live) {
		t.Errorf("the table holds %v, want %v", found, live)
	}
}

func TestTablesAreCompactedAtTheStart(t *testing.T) {
	for seed := range uint64(6) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			dice := rand.New(rand.NewPCG(seed, 0))
			var history []kafka.Record
			for range 1 + dice.IntN(20) {
				r := kafka.Record{Key: fmt.Append(nil, "k", dice.IntN(5))}
				if n := dice.IntN(10); n > 2 {
					r.Value = fmt.Append(nil, n)
				}
				history = append(history, r)
			}
			dir, live := written(t, history)
			for range 2 { // and nothing changes at the next start
				b := open(t, dir)
				holds(t, b, live, len(history))
				shut(t, b)
				if tables, err := changedTables(dir); err != nil || len(tables) != 0 {
					t.Errorf("%v would be compacted again (%v)", tables, err)
				}
			}
		})
	}
}

// Where there is no room for copies the tables stay as they are, and the
// broker starts.
func TestWithoutRoomNothingIsCompacted(t *testing.T) {
	dir, live := written(t, []kafka.Record{{Key: []byte("a"), Value: []byte("1")}, {Key: []byte("a"), Value: []byte("2")}})
	before := tableBytes(t, dir)
	var said bytes.Buffer
	o := Options{Dir: dir, Log: slog.New(slog.NewTextHandler(&said, nil))}
	c := &compaction{dir: dir, watch: newDiskWatch(slog.New(slog.DiscardHandler))}
	c.watch.Logf(kfake.LogLevelWarn, "write: %v", error(&fs.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC}))
	if err := errors.Join(o.compact(c)(), c.finish()); err != nil {
		t.Error(err)
	}
	if !strings.Contains(said.String(), "level=WARN") || !strings.Contains(said.String(), "no space left") || !strings.Contains(said.String(), "start again") {
		t.Errorf("said %q", said.String())
	}
	if after := tableBytes(t, dir); !maps.Equal(before, after) {
		t.Error("the table was changed")
	}
	if _, err := os.Stat(filepath.Join(dir, compactingName)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the copies are left: %v", err)
	}
	holds(t, open(t, dir), live, 2)
}

// What was deleted just now is gone as well, from the bytes of the disk, and
// records that come after a compaction are compacted the next time.
func TestTheErasedAreGoneAfterAStart(t *testing.T) {
	secret := kafka.Record{Key: []byte("5:mall1zhangsan"), Value: []byte("what zhangsan said")}
	gone := kafka.Record{Key: secret.Key}
	dir, live := written(t, []kafka.Record{{Key: []byte("5:mall1lisi"), Value: []byte("1")}, secret, gone})
	for range 2 {
		b := open(t, dir)
		for path, content := range tableBytes(t, dir) {
			if strings.Contains(content, "zhangsan") {
				t.Errorf("%s still has the erased", path)
			}
		}
		kafkatest.Produce(t, config(b), secretAgain(secret, gone)...)
		shut(t, b)
	}
	b := open(t, dir)
	holds(t, b, live, 3)
}

func secretAgain(records ...kafka.Record) []kafka.Record {
	for n := range records {
		records[n].Topic = compactedTable
	}
	return records
}

func tableBytes(t *testing.T, dir string) map[string]string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, partitionsName, compactedTable+"-*", "*"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("files of the table: %v %v", paths, err)
	}
	files := map[string]string{}
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		files[path] = string(content)
	}
	return files
}

var errCut = errors.New("killed")

// A kill after any step, and once more after any step of what the next start
// does about it, costs nothing.
func TestCompactionIsCutAfterEachStep(t *testing.T) {
	history := []kafka.Record{
		{Key: []byte("a"), Value: []byte("1")}, {Key: []byte("b"), Value: []byte("2")}, {Key: []byte("c"), Value: []byte("3")},
		{Key: []byte("a"), Value: []byte("4")}, {Key: []byte("b")}, {Key: []byte("d"), Value: []byte("5")}, {Key: []byte("e"), Value: []byte("6")},
	}
	killed, live := written(t, history)
	steps := cutAt(t, copied(t, killed), "")
	if want := []string{"copy", "compact", "check", "commit", "remove g-table-0", "place g-table-0", "remove g-table-1", "place g-table-1"}; !slices.Equal(steps, want) {
		t.Fatalf("steps %v, want %v", steps, want)
	}
	for n, first := range steps {
		once := copied(t, killed)
		cutAt(t, once, first)
		for _, second := range []string{"", steps[(n+1)%len(steps)]} {
			t.Run(first+" then "+second, func(t *testing.T) {
				dir := copied(t, once)
				if second != "" {
					cutAt(t, dir, second)
				}
				holds(t, open(t, dir), live, len(history))
				for _, name := range []string{compactingName, compactedName} {
					if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, os.ErrNotExist) {
						t.Errorf("%s is left: %v", name, err)
					}
				}
			})
		}
	}
}

// cutAt does what a start does until a step is done, and names the steps.
func cutAt(t *testing.T, dir, last string) (steps []string) {
	t.Helper()
	c := &compaction{dir: dir, watch: newDiskWatch(Options{}.withDefaults().Log), cut: func(step string) error {
		steps = append(steps, step)
		if step == last {
			return errCut
		}
		return nil
	}}
	for _, do := range []func() error{c.finish, c.run, c.finish} {
		if err := do(); err != nil {
			if !errors.Is(err, errCut) {
				t.Fatal(err)
			}
			return steps
		}
	}
	return steps
}

func copied(t *testing.T, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}
