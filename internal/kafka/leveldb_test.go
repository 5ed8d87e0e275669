package kafka

import (
	"bytes"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/lovoo/goka/storage"
)

const tableKeys = 2000

// A table on disk is damaged wherever it may be: it never lacks part of what it
// says it has (what it lacks is read from the changelog), and it never stops
// the process twice.
func TestDamagedTablesAreReadAnew(t *testing.T) {
	whole := t.TempDir()
	fill(t, whole)
	files, err := os.ReadDir(filepath.Join(whole, "g", strings.Repeat("0", 31)+"1", "g-table.0"))
	if err != nil {
		t.Fatal(err)
	}
	anew := 0
	for _, f := range files {
		info, err := f.Info()
		if err != nil || f.Name() == "LOCK" || f.Name() == "LOG" {
			continue
		}
		for name, damage := range map[string]func([]byte) []byte{
			"flipped in the middle": func(b []byte) []byte { b[len(b)/2] ^= 0x10; return b },
			"flipped at the start":  func(b []byte) []byte { b[0] ^= 0x10; return b },
			"cut in half":           func(b []byte) []byte { return b[:len(b)/2] },
			"empty":                 func(b []byte) []byte { return nil },
		} {
			if info.Size() == 0 {
				continue
			}
			t.Run(f.Name()+" "+name, func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "state")
				if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
					t.Fatal(err)
				}
				at := filepath.Join(dir, "g", strings.Repeat("0", 31)+"1", "g-table.0", f.Name())
				content, err := os.ReadFile(at)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(at, damage(content), 0o600); err != nil {
					t.Fatal(err)
				}
				for start := range 2 {
					offset, keys, err := read(openTable(t, dir))
					switch {
					case err != nil && start == 0 && strings.Contains(err.Error(), "start again"):
						continue // and the second start finds it marked
					case err != nil:
						t.Fatalf("start %d: %v", start, err)
					case offset == -7 && keys == 0:
						anew++
					case int64(keys) < offset:
						t.Errorf("a table of %d keys says that it has all up to offset %d", keys, offset)
					}
					return
				}
			})
		}
	}
	if anew < 3 {
		t.Errorf("%d tables were read anew: the damage hit nothing", anew)
	}
}

func openTable(t *testing.T, dir string) storage.Storage {
	t.Helper()
	l := newLevelStores(dir, "g", [16]byte{15: 1}, slog.New(slog.DiscardHandler))
	store, err := l.build("g-table", 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Open(); err != nil {
		t.Fatal(err)
	}
	return store
}

// fill makes a table with a sorted file and a journal.
func fill(t *testing.T, dir string) {
	t.Helper()
	for half := range 2 {
		store := openTable(t, dir)
		if err := store.MarkRecovered(); err != nil {
			t.Fatal(err)
		}
		for n := half * tableKeys / 2; n < (half+1)*tableKeys/2; n++ {
			if err := store.Set(fmt.Sprintf("k%06d", n), bytes.Repeat([]byte{byte(n)}, 100)); err != nil {
				t.Fatal(err)
			}
		}
		if err := store.SetOffset(int64(half+1) * tableKeys / 2); err != nil {
			t.Fatal(err)
		}
		if err := store.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// read is what a table says it has, and what it has.
func read(store storage.Storage) (offset int64, keys int, err error) {
	defer store.Close()
	if offset, err = store.GetOffset(-7); err != nil {
		return 0, 0, err
	}
	it, err := store.IteratorWithRange([]byte("k"), nil)
	if err != nil {
		return 0, 0, err
	}
	defer it.Release()
	for it.Next() {
		keys++
	}
	return offset, keys, it.Err()
}

// A state directory that cannot be written says what to do, and a failing
// table is marked.
func TestTablesThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	l := newLevelStores(file, "g", [16]byte{}, slog.New(slog.DiscardHandler))
	if _, err := l.build("g-table", 0); err == nil || !strings.Contains(err.Error(), "choose a data directory") {
		t.Errorf("got %v", err)
	}
	dir := t.TempDir()
	store := openTable(t, dir)
	if err := store.Set("k", nil); err != nil {
		t.Fatal(err)
	}
	other := newLevelStores(dir, "g", [16]byte{15: 1}, slog.New(slog.DiscardHandler))
	if _, err := other.build("g-table", 0); err == nil || !strings.Contains(err.Error(), "this process alone") {
		t.Errorf("two processes have one table: %v", err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
}
