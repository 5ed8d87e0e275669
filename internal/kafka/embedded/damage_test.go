package embedded_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/embedded"
	"askbuy/internal/kafka/kafkatest"
)

const kept = 20 // records of filled

// filled is a directory with the one-partition topic "in", as a clean stop
// leaves it, or as kill -9 does.
func filled(t *testing.T, killed bool) (dir, segment string) {
	t.Helper()
	dir = t.TempDir()
	b := start(t, embedded.Options{Dir: dir, Installation: "ours"})
	c := kafka.EmbeddedConfig(b.Brokers())
	c.Partitions = 1
	kafkatest.Topics(t, c, kafka.Topic{Name: "in", Retention: time.Hour})
	for n := range kept { // a batch each
		kafkatest.Produce(t, c, kafka.Record{Topic: "in", Key: []byte("k"), Value: fmt.Append(nil, n)})
	}
	if killed {
		dir = copyDir(t, dir) // what the kernel has at this moment
	}
	stop(t, b)
	return dir, filepath.Join("partitions", "in-0", "0.dat")
}

func copyDir(t interface {
	Helper()
	Fatal(...any)
	TempDir() string
}, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// content is everything in a directory but the lock, which names its holder.
func content(t *testing.T, dir string) [sha256.Size]byte {
	t.Helper()
	all := sha256.New()
	err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || e.Name() == ".lock" {
			return err
		}
		b, err := os.ReadFile(path)
		fmt.Fprintf(all, "%s %x\n", path, sha256.Sum256(b))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return [sha256.Size]byte(all.Sum(nil))
}

func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A damaged or foreign directory is refused with the next step, and not one
// byte of it is changed.
func TestDamagedDirectoriesAreRefused(t *testing.T) {
	stopped, segment := filled(t, false)
	killed, _ := filled(t, true)
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[(at+len(b))%len(b)] ^= 1; return b }
	}
	for name, c := range map[string]struct {
		from, file string
		change     func([]byte) []byte
		want       string
		is         error
	}{
		"first byte flipped":           {killed, segment, flip(0), "not intact", embedded.ErrDamaged},
		"a byte in the middle flipped": {killed, segment, flip(500), "not intact", embedded.ErrDamaged},
		"last byte flipped, at rest":   {stopped, segment, flip(-1), "not intact", embedded.ErrDamaged},
		"cut short, at rest":           {stopped, segment, func(b []byte) []byte { return b[:len(b)-1] }, "when the broker last stopped", embedded.ErrDamaged},
		"an older segment cut short":   {killed, segment, func(b []byte) []byte { return b[:len(b)-1] }, "not intact", embedded.ErrDamaged},
		"no JSON":                      {stopped, "meta.json", func([]byte) []byte { return []byte("{") }, "restore it from a copy", embedded.ErrDamaged},
		"topics are no JSON":           {stopped, "topics.json", func([]byte) []byte { return []byte("{") }, "restore it from a copy", nil},
		"a newer version":              {stopped, "meta.json", func(b []byte) []byte { return bytes.Replace(b, []byte(`:1`), []byte(`:9`), 1) }, "newer", nil},
		"another installation":         {stopped, "meta.json", func(b []byte) []byte { return bytes.Replace(b, []byte("ours"), []byte("theirs"), 1) }, "theirs", embedded.ErrForeign},
	} {
		t.Run(name, func(t *testing.T) {
			dir := copyDir(t, c.from)
			edit(t, filepath.Join(dir, c.file), c.change)
			if strings.Contains(name, "older segment") {
				if err := os.WriteFile(filepath.Join(dir, "partitions", "in-0", "20.dat"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			before := content(t, dir)
			b, err := embedded.Start(embedded.Options{Dir: dir, Addr: "127.0.0.1:0", Installation: "ours"})
			if err == nil {
				stop(t, b)
				t.Fatal("started")
			}
			if !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), dir) || c.is != nil && !errors.Is(err, c.is) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if content(t, dir) != before {
				t.Error("the directory was changed")
			}
		})
	}
	t.Run("no list of topics", func(t *testing.T) {
		dir := copyDir(t, stopped)
		if err := os.Remove(filepath.Join(dir, "topics.json")); err != nil {
			t.Fatal(err)
		}
		if _, err := embedded.Start(embedded.Options{Dir: dir, Addr: "127.0.0.1:0", Installation: "ours"}); !errors.Is(err, embedded.ErrDamaged) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("of no installation in particular", func(t *testing.T) {
		dir := copyDir(t, stopped)
		edit(t, filepath.Join(dir, "meta.json"), func(b []byte) []byte { return bytes.Replace(b, []byte("-ours"), nil, 1) })
		stop(t, start(t, embedded.Options{Dir: dir, Installation: "ours"}))
	})
}

// A write that a crash cut short costs that write alone.
func TestATornEndIsCutOff(t *testing.T) {
	killed, segment := filled(t, true)
	whole, err := os.ReadFile(filepath.Join(killed, segment))
	if err != nil {
		t.Fatal(err)
	}
	size := len(whole) / kept // less than the size of the longest
	rapid.Check(t, func(rt *rapid.T) {
		lost := rapid.IntRange(2, size-1).Draw(rt, "lost")
		zeros := rapid.SampledFrom([]int{0, 3, 4096}).Draw(rt, "zeros")
		dir := copyDir(t, killed)
		edit(t, filepath.Join(dir, segment), func(b []byte) []byte { return append(b[:len(b)-lost], make([]byte, zeros)...) })
		b, err := embedded.Start(embedded.Options{Dir: dir, Addr: "127.0.0.1:0", Installation: "ours"})
		if err != nil {
			rt.Fatal(err)
		}
		defer stop(t, b)
		a, err := kafka.NewAdmin(kafka.EmbeddedConfig(b.Brokers()))
		if err != nil {
			rt.Fatal(err)
		}
		defer a.Close()
		if ends, err := a.EndOffsets(kafkatest.Context(t), "in"); err != nil || ends["in"][0] != kept-1 {
			rt.Fatalf("end offsets %v (%v), want %d", ends, err, kept-1)
		}
	})
}

// Retention leaves the newest record: the next offset must not be one that was
// given before, whatever comes between.
func TestOffsetsGoOnAfterRetention(t *testing.T) {
	dir := t.TempDir()
	ticks := make(chan time.Time)
	b := start(t, embedded.Options{Dir: dir, Ticks: ticks})
	c := kafka.EmbeddedConfig(b.Brokers())
	c.Partitions = 1
	kafkatest.Topics(t, c, kafka.Topic{Name: "in", Retention: time.Hour})
	for range 3 {
		kafkatest.Produce(t, c, kafka.Record{Topic: "in", Time: time.Now().Add(-2 * time.Hour)})
	}
	retain(t, b, ticks)
	for _, dir := range []string{copyDir(t, dir), dir} { // killed, then stopped
		stop(t, b)
		b = start(t, embedded.Options{Dir: dir, Ticks: ticks})
		retain(t, b, ticks)
		a, err := kafka.NewAdmin(kafka.EmbeddedConfig(b.Brokers()))
		if err != nil {
			t.Fatal(err)
		}
		starts, err := a.StartOffsets(kafkatest.Context(t), "in")
		ends, endErr := a.EndOffsets(kafkatest.Context(t), "in")
		a.Close()
		if err := errors.Join(err, endErr); err != nil || starts["in"][0] != 2 || ends["in"][0] != 3 {
			t.Errorf("offsets %v to %v (%v), want 2 to 3", starts, ends, err)
		}
	}
}
