package kafka

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/lovoo/goka"
	"github.com/lovoo/goka/storage"
	"pgregory.net/rapid"
)

func TestMemoryStoreIsAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		store, model := newMemoryStore(), map[string][]byte{}
		keys := rapid.StringMatching(`[ab]{0,2}`)
		for range rapid.IntRange(0, 50).Draw(t, "steps") {
			key := keys.Draw(t, "key")
			switch rapid.IntRange(0, 4).Draw(t, "do") {
			case 0:
				_ = store.Delete(key)
				delete(model, key)
			case 1:
				_ = store.MarkRecovered()
			case 2:
				_ = store.Close()
				_ = store.Open()
			default:
				model[key] = rapid.SliceOf(rapid.Byte()).Draw(t, "value")
				_ = store.Set(key, model[key])
			}
			value, _ := store.Get(key)
			has, _ := store.Has(key)
			want, ok := model[key]
			if has != ok || !bytes.Equal(value, want) {
				t.Fatalf("%q: %v %v, want %v %v", key, has, value, ok, want)
			}
		}
		start, limit := keys.Draw(t, "start"), keys.Draw(t, "limit")
		it, _ := store.IteratorWithRange([]byte(start), []byte(limit))
		var want []string
		for key := range model {
			if inRange(key, start, limit) {
				want = append(want, key)
			}
		}
		slices.Sort(want)
		if got := keysOf(t, it, model); !slices.Equal(got, want) {
			t.Fatalf("range %q to %q: %q, want %q", start, limit, got, want)
		}
	})
}

func keysOf(t *rapid.T, it storage.Iterator, model map[string][]byte) (keys []string) {
	defer it.Release()
	for it.Next() {
		value, err := it.Value()
		if err != nil || it.Err() != nil || !bytes.Equal(value, model[string(it.Key())]) {
			t.Fatalf("%q: %v %v", it.Key(), value, err)
		}
		keys = append(keys, string(it.Key()))
	}
	return keys
}

func TestMemoryStoreIteratorSeeks(t *testing.T) {
	store := newMemoryStore()
	for _, key := range []string{"a", "c", "e"} {
		_ = store.Set(key, nil)
	}
	it, _ := store.Iterator()
	if !it.Seek([]byte("b")) || !it.Next() || string(it.Key()) != "c" {
		t.Error("seek b does not stand before c")
	}
	if it.Seek([]byte("f")) || it.Next() {
		t.Error("seek past the end found something")
	}
}

// Recovered values come from a batch's buffer that is used again.
func TestMemoryStoreCopiesWhileRecovering(t *testing.T) {
	store := newMemoryStore()
	_ = store.Open()
	buffer := []byte("value")
	_ = store.Set("k", buffer)
	buffer[0] = 'X'
	if got, _ := store.Get("k"); string(got) != "value" {
		t.Errorf("stored %q", got)
	}
}

func TestStoresKeepWhatStaysAssigned(t *testing.T) {
	s := newStores()
	fill := func(p int32) {
		store, _ := s.build("g-table", p)
		_ = store.Set("k", []byte("v"))
		_ = store.SetOffset(7)
	}
	full := func(p int32) bool {
		store, _ := s.build("g-table", p)
		offset, _ := store.GetOffset(-3)
		has, _ := store.Has("k")
		if has != (offset == 7) {
			t.Errorf("partition %d: key %v with offset %d", p, has, offset)
		}
		return has
	}
	fill(0)
	fill(1)
	s.session(true)
	s.retain(goka.Assignment{1: 0})
	if full(0) || !full(1) {
		t.Error("partition 0 went and 1 stayed, the stores do not say so")
	}
	s.session(false) // generations were missed
	s.retain(goka.Assignment{1: 0})
	if full(1) {
		t.Error("kept a table that another member may have written to")
	}
}

func TestLevelStoresBelongToATopic(t *testing.T) {
	dir := t.TempDir()
	open := func(l *levelStores) storage.Storage {
		t.Helper()
		store, err := l.build("g-table", 3)
		if err != nil {
			t.Fatal(err)
		}
		if err := store.Open(); err != nil {
			t.Fatal(err)
		}
		return store
	}
	has := func(l *levelStores) bool {
		t.Helper()
		store := open(l)
		defer store.Close()
		ok, err := store.Has("k")
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	first := newLevelStores(dir, "g", [16]byte{1}, slog.New(slog.DiscardHandler))
	store := open(first)
	if err := store.Set("k", []byte("v")); err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	first.session(true)
	if !has(first) {
		t.Error("a table on disk was not found again")
	}
	second := newLevelStores(dir, "g", [16]byte{2}, slog.New(slog.DiscardHandler))
	if has(second) {
		t.Error("the table of another topic was taken for this one's")
	}
	first.session(false)
	if has(first) {
		t.Error("a stale table was not read anew")
	}
	if err := os.MkdirAll(filepath.Join(dir, "g", "not-a-topic"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := second.clean(); err != nil {
		t.Fatal(err)
	}
	left, _ := os.ReadDir(filepath.Join(dir, "g"))
	if len(left) != 2 || left[0].Name() != second.table {
		t.Errorf("left after cleaning: %v", left)
	}
	if err := newLevelStores(dir, "never", [16]byte{}, slog.New(slog.DiscardHandler)).clean(); err != nil {
		t.Errorf("clean nothing: %v", err)
	}
}
