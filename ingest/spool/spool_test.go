package spool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"pgregory.net/rapid"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

func TestRecordsLeaveInOrderAndFreeTheirRoom(t *testing.T) {
	b, dir := &broker{}, t.TempDir()
	s := openSpool(t, configOf(dir), depsOf(b))
	if s.Through([]byte{1}) {
		t.Error("an empty spool stands in the way")
	}
	for n := range 10 {
		keep(t, s, upTo(1000)[n*100:(n+1)*100]...)
	}
	if h := s.Held(); h.Records != 1000 || h.Bytes == 0 || !s.Through([]byte{1}) || len(segments(t, dir)) < 5 {
		t.Errorf("held %+v in %v", h, segments(t, dir))
	}
	drainAll(t, s)
	if got := numbers(b.records()); !slices.Equal(got, upTo(1000)) {
		t.Errorf("%d records, not in order", len(got))
	}
	if r := b.records()[3]; r.Topic != event.TopicMessages || !r.Time.Equal(recordOf(3).Time) || string(r.Headers[0].Value) != string(recordOf(3).Headers[0].Value) {
		t.Errorf("changed on its way: %+v", r)
	}
	keep(t, s, 1000) // begins a segment, so that the last can go, too
	drainAll(t, s)
	if h := s.Held(); h.Records != 0 || h.Bytes > 4<<10 || s.Through([]byte{1}) || len(segments(t, dir)) != 1 {
		t.Errorf("held %+v in %v", h, segments(t, dir))
	}
}

func TestARestartSendsWhatWasInFlight(t *testing.T) {
	b, dir := &broker{}, t.TempDir()
	c := configOf(dir)
	c.BatchRecords = 100
	s := openSpool(t, c, depsOf(b))
	keep(t, s, upTo(1000)...)
	for range 3 {
		l, _ := s.load()
		s.deliver(t.Context(), l.records)
		s.done(l)
	}
	l, _ := s.load()
	s.deliver(t.Context(), l.records) // stored, and not noted
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var found []int
	d := depsOf(b)
	d.Found = func(r ingest.Record) { found = append(found, number(r)) }
	s = openSpool(t, c, d)
	if h := s.Held(); h.Records != int64(len(found)) || !s.Through([]byte("any")) || !slices.Equal(found, upTo(1000)[1000-len(found):]) {
		t.Errorf("held %+v, found %d", h, len(found))
	}
	drainAll(t, s)
	got := numbers(b.records())
	if twice := len(got) - 1000; twice != len(l.records) {
		t.Errorf("%d records sent twice, want the %d in flight", twice, len(l.records))
	}
	if got = slices.Compact(slices.Sorted(slices.Values(got))); !slices.Equal(got, upTo(1000)) {
		t.Errorf("%d of 1000 arrived", len(got))
	}
	if s.Through([]byte("any")) {
		t.Error("a drained spool stands in the way")
	}
}

// copyDir is what a kill leaves: the files as they are.
func copyDir(t testing.TB, dir string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func TestATornEndIsCutOff(t *testing.T) {
	s := openSpool(t, configOf(t.TempDir()), depsOf(&broker{}))
	keep(t, s, upTo(10)...)
	dir := s.cfg.Dir
	size := s.segments[0].end
	frame := size / 10
	for cut := size - 2*frame; cut < size; cut += 7 {
		for _, zeros := range []int64{0, 50} {
			torn := copyDir(t, dir)
			path := filepath.Join(torn, segments(t, torn)[0])
			if err := errors.Join(os.Truncate(path, cut), os.Truncate(path, cut+zeros)); err != nil {
				t.Fatal(err)
			}
			b := &broker{}
			again := openSpool(t, configOf(torn), depsOf(b))
			drainAll(t, again)
			whole := int(cut / frame)
			if got := numbers(b.records()); !slices.Equal(got, upTo(whole)) || testutil.ToFloat64(again.metrics.corrupt) != 0 {
				t.Fatalf("cut at %d of %d: got %v, want %d records and no alarm", cut, size, got, whole)
			}
		}
	}
}

func TestDamageCostsItselfAlone(t *testing.T) {
	s := openSpool(t, configOf(t.TempDir()), depsOf(&broker{}))
	for n := range 10 {
		keep(t, s, upTo(300)[n*30:(n+1)*30]...)
	}
	rapid.Check(t, func(rt *rapid.T) {
		damaged := copyDir(t, s.cfg.Dir)
		names := segments(t, damaged)
		path := filepath.Join(damaged, rapid.SampledFrom(names[:len(names)-1]).Draw(rt, "file"))
		content, _ := os.ReadFile(path)
		at := rapid.IntRange(0, len(content)-1).Draw(rt, "at")
		length := rapid.IntRange(1, 40).Draw(rt, "length")
		for i := at; i < min(at+length, len(content)); i++ {
			content[i] ^= 0x55
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			rt.Fatal(err)
		}
		b := &broker{}
		again, err := Open(configOf(damaged), depsOf(b))
		if err != nil {
			rt.Fatal(err)
		}
		defer again.Close() //nolint:errcheck // files of a test
		drainAll(t, again)
		lost := 300 - len(b.records())
		if lost < 1 || lost > 2 || testutil.ToFloat64(again.metrics.corrupt) != 1 {
			rt.Fatalf("%d lost, %v alarms", lost, testutil.ToFloat64(again.metrics.corrupt))
		}
		if again.Held().Records != 0 || !slices.IsSorted(numbers(b.records())) {
			rt.Fatalf("held %+v", again.Held())
		}
		if left := segments(t, damaged); len(left) != 1 || !strings.HasSuffix(left[0], ".corrupt") {
			rt.Fatalf("left %v", left)
		}
	})
}

func TestFullSpoolRecovers(t *testing.T) {
	b := &broker{}
	c := configOf(t.TempDir())
	c.MaxBytes = 8 << 10
	s := openSpool(t, c, depsOf(b))
	kept := 0
	var refused error
	for n := range 1000 {
		s.Append(recordOf(n), func(err error) {
			if err != nil {
				refused = err
			} else {
				kept++
			}
		})
		s.commit(batch{})
	}
	if !errors.Is(refused, ErrFull) || kept == 0 || kept == 1000 || s.Held().Bytes > c.MaxBytes {
		t.Fatalf("kept %d, %v, held %+v", kept, refused, s.Held())
	}
	drainAll(t, s)
	keep(t, s, 2000)
	drainAll(t, s)
	if got := b.records(); len(got) != kept+1 {
		t.Errorf("%d records, want %d", len(got), kept+1)
	}
}

func TestABrokenDiskFailsItsBatchAlone(t *testing.T) {
	b := &broker{}
	s := openSpool(t, configOf(t.TempDir()), depsOf(b))
	keep(t, s, 0, 1)
	broken := errors.New("input/output error")
	s.sync = func(*os.File) error { return broken }
	var got error
	s.Append(recordOf(2), func(err error) { got = err })
	s.commit(batch{})
	if !errors.Is(got, broken) || s.Held().Records != 2 {
		t.Fatalf("%v, held %+v", got, s.Held())
	}
	s.sync = (*os.File).Sync
	keep(t, s, 3)
	drainAll(t, s)
	if got := numbers(b.records()); !slices.Equal(got, []int{0, 1, 3}) {
		t.Errorf("got %v", got)
	}
	s.sync = func(*os.File) error { return broken }
	s.Append(recordOf(4), func(err error) { got = err })
	s.commit(batch{})
	if s.Through([]byte("any")) {
		t.Error("a broken disk and an empty spool stand in the way of the broker")
	}
}

func TestOneProcessPerDirectory(t *testing.T) {
	dir := t.TempDir()
	s := openSpool(t, configOf(dir), depsOf(&broker{}))
	if _, err := Open(configOf(dir), depsOf(&broker{})); err == nil || !strings.Contains(err.Error(), "in use") {
		t.Errorf("opened twice: %v", err)
	}
	if err := errors.Join(s.Close(), s.Close()); err != nil {
		t.Error(err)
	}
	var got error
	s.Append(recordOf(1), func(err error) { got = err })
	if !errors.Is(got, ErrClosed) {
		t.Errorf("a closed spool answers %v", got)
	}
	openSpool(t, configOf(dir), depsOf(&broker{}))
	c := configOf("")
	c.MaxBytes, c.Patience = 1, 0
	if _, err := Open(c, depsOf(&broker{})); err == nil || !strings.Contains(err.Error(), "spool.dir") || !strings.Contains(err.Error(), "spool.patience") {
		t.Errorf("a bad configuration: %v", err)
	}
}

func TestWhatCannotBeStoredIsSetAside(t *testing.T) {
	b := &broker{answer: func(r ingest.Record) error {
		switch n := number(r); {
		case n == 3 && r.Topic != event.TopicDeadLetters:
			return fmt.Errorf("store: %w", ingest.ErrTooLarge)
		case n == 5:
			return fmt.Errorf("store: %w", ingest.ErrRefused)
		}
		return nil
	}}
	dir := t.TempDir()
	s := openSpool(t, configOf(dir), depsOf(b))
	keep(t, s, upTo(8)...)
	drainAll(t, s)
	if got := numbers(b.records()); !slices.Equal(got, []int{0, 1, 2, 4, 6, 7, 3}) || b.records()[6].Topic != event.TopicDeadLetters {
		t.Errorf("got %v", got)
	}
	var refused []int
	if _, err := ReadRefused(dir, func(r ingest.Record) error { refused = append(refused, number(r)); return nil }); err != nil || !slices.Equal(refused, []int{5}) {
		t.Errorf("refused %v, %v", refused, err)
	}
	if s.Held().Records != 0 || testutil.ToFloat64(s.metrics.refused) != 1 {
		t.Errorf("held %+v", s.Held())
	}
	if _, err := ReadRefused(t.TempDir(), nil); err != nil {
		t.Error(err)
	}
}

// The second copy of an event is sent when the first is stored, whatever is
// refused in between.
func TestCopiesOfOneEventKeepTheirOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fails := 3
		b := &broker{}
		b.answer = func(r ingest.Record) error {
			if fails > 0 && number(r) == 1 {
				fails--
				return errAway
			}
			return nil
		}
		s := openSpool(t, configOf(t.TempDir()), depsOf(b))
		first, second := recordOf(1), recordOf(1)
		second.Headers = append(second.Headers, event.Header{Key: "second"})
		var errs []error
		for _, r := range []ingest.Record{recordOf(0), first, recordOf(2), second, recordOf(3)} {
			s.Append(r, func(err error) { errs = append(errs, err) })
		}
		s.commit(batch{})
		drainAll(t, s)
		var order []int
		for _, r := range b.records() {
			if number(r) == 1 {
				order = append(order, len(r.Headers))
			}
		}
		if !slices.Equal(order, []int{1, 2}) || len(b.records()) != 5 || errors.Join(errs...) != nil {
			t.Errorf("copies in the order %v, log %v", order, numbers(b.records()))
		}
	})
}

// Appends from many goroutines while the broker comes and goes: all that was
// answered arrives, and a silent broker does not keep Run from ending.
func TestRunUnderFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, dir := &broker{}, t.TempDir()
		s := openSpool(t, configOf(dir), depsOf(b))
		ctx, cancel := context.WithCancel(t.Context())
		ran := make(chan error, 1)
		go func() { ran <- s.Run(ctx) }()
		b.refuse(errAway)
		var wg sync.WaitGroup
		for sender := range 8 {
			wg.Go(func() {
				for n := range 100 {
					answered := make(chan error, 1)
					s.Append(recordOf(n*8+sender), func(err error) { answered <- err })
					if err := <-answered; err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		time.Sleep(time.Minute)
		if len(b.records()) != 0 || !s.Through([]byte("any")) {
			t.Errorf("%d records while the broker refuses", len(b.records()))
		}
		b.refuse(nil)
		time.Sleep(10 * time.Second)
		if got := slices.Sorted(slices.Values(numbers(b.records()))); !slices.Equal(got, upTo(800)) || s.Through([]byte("any")) {
			t.Errorf("%d records", len(got))
		}
		b.goAway()
		s.Append(recordOf(900), func(error) {})
		synctest.Wait()
		cancel()
		if err := <-ran; err != nil {
			t.Error(err)
		}
		b.comeBack() // late outcomes harm nobody
		if left := openSpool(t, configOf(dir), depsOf(b)).Held().Records; left != 1 {
			t.Errorf("%d records are left for the next run", left)
		}
	})
}

// A broker that takes longer than a healthy one is not trusted with new
// records, though it drains the spool.
func TestASlowBrokerIsStillFailing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := openSpool(t, configOf(t.TempDir()), depsOf(slow{&broker{}, 3 * time.Second}))
		keep(t, s, 0)
		drainAll(t, s)
		if !s.Through([]byte("any")) {
			t.Error("a broker that took 3 s is taken for healthy")
		}
		s.deps.Publisher = slow{&broker{}, time.Second}
		keep(t, s, 1)
		drainAll(t, s)
		if s.Through([]byte("any")) {
			t.Error("a broker that took 1 s is taken for failing")
		}
	})
}

type slow struct {
	*broker
	after time.Duration
}

func (b slow) Start(r ingest.Record, then func(error)) {
	time.AfterFunc(b.after, func() { then(b.store(r)) })
}

// The broker is well again and the spool is not yet drained: a key whose
// records are still here goes on through the spool, another one does not.
func TestAKeyIsHeldUntilItsLastRecordLeft(t *testing.T) {
	c := configOf(t.TempDir())
	c.BatchRecords = 1
	s := openSpool(t, c, depsOf(&broker{}))
	a, b := recordOf(1), recordOf(2)
	keep(t, s, 1, 2, 1)
	if !s.Through([]byte("any")) {
		t.Error("the broker is not known to fail")
	}
	for _, want := range []struct{ a, b bool }{{true, true}, {true, false}, {false, false}} {
		l, err := s.load()
		if err != nil || !s.deliver(t.Context(), l.records) {
			t.Fatal(err)
		}
		s.done(l)
		if s.Through(a.Key) != want.a || s.Through(b.Key) != want.b || s.Through([]byte("any")) {
			t.Errorf("after %d: %v %v %v", number(l.records[0]), s.Through(a.Key), s.Through(b.Key), s.Through([]byte("any")))
		}
	}
}
