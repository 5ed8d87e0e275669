package registry

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// The log is the same in whatever order, and how often, its entries are read.
func TestLogIsTheSameInAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		times := rapid.SliceOfNDistinct(rapid.Int64Range(Beginning, 50), 1, 8, rapid.ID[int64]).Draw(rt, "times")
		var entries []Entry
		for i, from := range times {
			entries = append(entries, Entry{From: from, ModelID: string(rune('a' + i))})
		}
		read := func(order []Entry) (l Log) {
			for _, e := range order {
				before := slices.Clone(l)
				now := l.With(e)
				if !slices.Equal(l, before) {
					rt.Fatal("a log has changed")
				}
				l = now
			}
			return l
		}
		one := read(entries)
		other := read(rapid.Permutation(append(slices.Clone(entries), entries[0])).Draw(rt, "order"))
		if !slices.Equal(one, other) {
			rt.Fatalf("%v\n%v", one, other)
		}
		ts := rapid.Int64Range(-10, 60).Draw(rt, "ts")
		want, found := entries[0], false // by looking at all: the latest that has begun, else the earliest
		for _, e := range entries {
			switch began := e.From <= ts; {
			case began && (!found || e.From > want.From):
				want, found = e, true
			case !began && !found && e.From < want.From:
				want = e
			}
		}
		if got := one.At(ts); got != want {
			rt.Fatalf("at %d: %v, want %v", ts, got, want)
		}
	})
}

func TestEntryValidate(t *testing.T) {
	f := func(e Entry, problem string) {
		t.Helper()
		err := e.Validate()
		if (err != nil) != (problem != "") || err != nil && !strings.Contains(err.Error(), problem) {
			t.Errorf("%+v: %v, want %q", e, err, problem)
		}
	}
	notice := Notice.Milliseconds()
	f(Entry{ModelID: "m"}, "")
	f(Entry{ModelID: "m", From: notice + 7, PublishedAt: 7}, "")
	f(Entry{ModelID: "m", From: notice + 6, PublishedAt: 7}, "from_ms")
	f(Entry{ModelID: "m", From: -1, PublishedAt: -notice - 1}, "before the beginning")
	f(Entry{From: notice}, "model_id")
}

func TestNextComesAfterAll(t *testing.T) {
	now := time.UnixMilli(1_000_000)
	if got := (Log{}).next(now); got < now.Add(Notice).UnixMilli() {
		t.Errorf("takes effect at %d", got)
	}
	far := now.Add(time.Hour).UnixMilli()
	if got := (Log{{From: far}}).next(now); got != far+1 {
		t.Errorf("takes effect at %d, want %d", got, far+1)
	}
}

func TestFormer(t *testing.T) {
	f := func(models, want string) {
		t.Helper()
		var l Log
		for i, m := range models {
			l = append(l, Entry{From: int64(i), ModelID: string(m)})
		}
		if got, _ := l.Former(); got != want {
			t.Errorf("%s: %q, want %q", models, got, want)
		}
	}
	f("a", "")
	f("aa", "")
	f("ab", "a")
	f("abb", "a") // rules changed meanwhile
	f("aba", "b")
}

func FuzzEntry(f *testing.F) {
	f.Add([]byte("0"), []byte(`{"from_ms":0,"model_id":"m","published_at":0,"by":"","why":""}`))
	f.Add([]byte("1"), []byte(`{"from_ms":0}`))
	f.Add([]byte("0"), []byte(`{"from_ms":0,"from_ms":0}`))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, key, value []byte) {
		e, err := decodeEntry(key, value)
		if err != nil {
			return
		}
		again, err := encodeEntry(e)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := decodeEntry(e.key(), again); err != nil || back != e {
			t.Errorf("%+v comes back as %+v, %v", e, back, err)
		}
	})
}
