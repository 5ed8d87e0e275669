package dedup

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"askbuy/schemas/event"
)

var offsets = Offsets{"messages.v1": {0: 7, 3: 1 << 40}, "orders.v1": {1: 0}}

func TestASnapshotIsTheMemory(t *testing.T) {
	c := &clock{}
	c.advance(time.Hour)
	f := newFilter(t, DefaultConfig(), c)
	f.plan.exactIDs = 20
	for n := range uint64(40_000) {
		f.Begin(idOf(n, n), body(byte(n))).Commit()
	}
	held := f.Begin(idOf(50_000, 0), body(1)) // under way: not accepted
	path := filepath.Join(t.TempDir(), "snapshot")
	for range 2 { // the second replaces the first
		if err := f.Save(path, offsets); err != nil {
			t.Fatal(err)
		}
	}
	held.Abort()
	g := newFilter(t, DefaultConfig(), c)
	g.plan.exactIDs = 20
	at, err := g.Load(path)
	if err != nil || !reflect.DeepEqual(at, offsets) {
		t.Fatalf("%v %v", at, err)
	}
	for n := range uint64(50_001) {
		token, want := g.Begin(idOf(n, n), body(byte(n))), f.Begin(idOf(n, n), body(byte(n)))
		if token.Verdict != want.Verdict || n < 40_000 && token.Verdict == New {
			t.Fatalf("id %d: %v, before %v", n, token.Verdict, want.Verdict)
		}
		token.Abort()
		want.Abort()
	}
	for _, f := range []*Filter{f, g} { // and it goes on like the one before
		f.Begin(idOf(60_000, 1), body(1)).Commit()
		if v := f.Begin(idOf(60_000, 1), body(1)).Verdict; v != Duplicate {
			t.Errorf("after the snapshot: %v", v)
		}
	}
	a, b := f.Stats(), g.Stats()
	if a.IDs != b.IDs || a.ExactIDs != b.ExactIDs || a.FilterBytes != b.FilterBytes || a.Estimated != b.Estimated {
		t.Errorf("%+v, before %+v", b, a)
	}
}

func TestABadSnapshotLeavesTheMemoryEmpty(t *testing.T) {
	cfg := Config{MemoryBytes: minMemory, Horizon: time.Hour, Generations: 2, FalsePositive: 0.01}
	dir := t.TempDir()
	path := filepath.Join(dir, "snapshot")
	f := newFilter(t, cfg, &clock{})
	if _, err := f.Load(path); !errors.Is(err, ErrNoSnapshot) {
		t.Error(err)
	}
	f.Begin(idOf(1, 1), body(1)).Commit()
	if err := f.Save(path, nil); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	check := func(why string, cfg Config, content []byte) {
		t.Helper()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		g := newFilter(t, cfg, &clock{})
		if _, err := g.Load(path); !errors.Is(err, ErrBadSnapshot) {
			t.Errorf("%s: %v", why, err)
		}
		if v := g.Begin(idOf(1, 1), body(1)).Verdict; v != New || g.Stats().IDs != 0 {
			t.Errorf("%s: %v", why, v)
		}
	}
	for at := 0; at < len(whole); at += 1 + at/8 {
		broken := bytes.Clone(whole)
		broken[at] ^= 0x80
		check("changed", cfg, broken)
		check("cut off", cfg, whole[:at])
	}
	check("empty", cfg, nil)
	other := cfg
	other.Generations++
	check("other settings", other, whole)
	if err := f.Save(filepath.Join(dir, "missing", "snapshot"), nil); err == nil {
		t.Error("saved nowhere")
	}
	if left, _ := filepath.Glob(filepath.Join(dir, ".*")); len(left) > 0 {
		t.Errorf("left %v", left)
	}
}

func FuzzSnapshot(f *testing.F) {
	cfg := Config{MemoryBytes: minMemory, Horizon: time.Hour, Generations: 2, FalsePositive: 0.01}
	filter := newFilter(f, cfg, &clock{})
	var whole bytes.Buffer
	if err := filter.write(&whole, offsets); err != nil {
		f.Fatal(err)
	}
	f.Add(whole.Bytes())
	f.Add(whole.Bytes()[:100])
	f.Fuzz(func(t *testing.T, file []byte) {
		g := newFilter(t, cfg, &clock{})
		if _, err := g.read(bytes.NewReader(file)); err != nil && g.Stats().IDs != 0 {
			t.Fatal("a bad snapshot was taken in part")
		}
	})
}

func TestLearning(t *testing.T) {
	f := newFilter(t, DefaultConfig(), &clock{})
	f.Learn(idOf(1, 1), body(1))
	f.Learn(idOf(1, 1), body(2)) // a conflict that came later
	want := func(id event.IdentityHash, c event.Copy, v Verdict) {
		t.Helper()
		token := f.Begin(id, c)
		defer token.Abort()
		if token.Verdict != v {
			t.Errorf("got %v, want %v", token.Verdict, v)
		}
	}
	want(idOf(1, 1), body(1), Duplicate)
	want(idOf(1, 1), body(2), Conflict)
	want(idOf(2, 1), body(1), New)
	token := f.Begin(idOf(3, 1), body(1))
	f.Learn(idOf(3, 1), body(1)) // our own record, seen in the log before its ack
	token.Commit()
	want(idOf(3, 1), body(1), Duplicate)
}
