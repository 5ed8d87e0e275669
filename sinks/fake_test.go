package sinks

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

var (
	errAway    = errors.New("warehouse is away")
	errRefused = errors.New("warehouse refuses a row")
	errCrash   = errors.New("crashed")
)

// world is what outlives a crash of the sink: logs, commits, tables, letters.
// Its fuse cancels the sink's context at the n-th act, before or after that
// act has its effect; its luck makes acts fail for a while.
type world struct {
	mu        sync.Mutex
	logs      map[Partition][]Record
	committed map[Partition]int64
	tables    map[string][][]any
	columns   map[string][]string
	letters   []event.DeadLetter
	cuts      []Cut

	dice   *rand.Rand
	fuse   int // acts until the crash; negative: none
	cancel context.CancelFunc
	away   float64 // chance that an act fails
	aged   bool    // the log has no record any more
}

func newWorld(seed uint64) *world {
	return &world{
		logs: map[Partition][]Record{}, committed: map[Partition]int64{}, tables: map[string][][]any{}, columns: map[string][]string{},
		dice: rand.New(rand.NewPCG(seed, 1)), fuse: -1,
	}
}

// act does something that may fail, half of the time after it was done.
func (w *world) act(do func()) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fuse == 0 {
		if w.dice.IntN(2) == 0 {
			do()
		}
		w.cancel()
		return errCrash
	}
	w.fuse--
	if w.dice.Float64() < w.away {
		if w.dice.IntN(2) == 0 {
			do()
		}
		return errAway
	}
	do()
	return nil
}

// append adds an event's record to its topic.
func (w *world) append(index int32, r Record) {
	p := Partition{r.Topic, index}
	r.Partition, r.Offset = index, int64(len(w.logs[p]))
	r.Time = time.UnixMilli(1_800_000_000_000 + r.Offset*1000)
	w.logs[p] = append(w.logs[p], r)
}

func (w *world) partitions() []Partition {
	var ps []Partition
	for p := range w.logs {
		ps = append(ps, p)
	}
	slices.SortFunc(ps, func(a, b Partition) int {
		return strings.Compare(fmt.Sprint(a), fmt.Sprint(b))
	})
	return ps
}

// fakeSource is one member's life: it starts at what was committed.
type fakeSource struct {
	*world
	next  map[Partition]int64
	done  context.CancelFunc
	eager bool // planted: commits what it polls before anybody has stored it
}

func (w *world) source(done context.CancelFunc) *fakeSource {
	s := &fakeSource{world: w, next: map[Partition]int64{}, done: done}
	for p, at := range w.committed {
		s.next[p] = at
	}
	return s
}

func (s *fakeSource) Poll(ctx context.Context, max int) ([]Record, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, lingering := ctx.Deadline(); lingering && s.dice.IntN(3) == 0 {
		return nil, context.DeadlineExceeded
	}
	var left []Partition
	for _, p := range s.partitions() {
		if s.next[p] < int64(len(s.logs[p])) {
			left = append(left, p)
		}
	}
	if len(left) == 0 {
		if _, lingering := ctx.Deadline(); !lingering {
			s.done()
		}
		return nil, context.Canceled
	}
	p := left[s.dice.IntN(len(left))]
	from := s.next[p]
	to := min(from+1+int64(s.dice.IntN(max)), int64(len(s.logs[p])))
	s.next[p] = to
	if s.eager {
		s.committed[p] = to
	}
	return slices.Clone(s.logs[p][from:to]), nil
}

func (s *fakeSource) Commit(context.Context) error {
	return s.act(func() {
		for p, at := range s.next {
			s.committed[p] = at
		}
	})
}

func (s *fakeSource) Release() {}

// Moved now and then takes every partition away for a moment.
func (s *fakeSource) Moved() []Partition {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.dice.IntN(4) == 0 {
		return s.partitions()
	}
	return nil
}

func (w *world) Publish(_ context.Context, l *event.DeadLetter) error {
	return w.act(func() { w.letters = append(w.letters, *l) })
}

func (w *world) Cuts(context.Context, []string) ([]Cut, error) { return w.cuts, nil }

func (w *world) Insert(_ context.Context, name string, columns []string, rows [][]any) error {
	refused := false
	err := w.act(func() {
		for _, row := range rows {
			if len(row) != len(columns) {
				panic(fmt.Sprintf("%s: %d values for %d columns", name, len(row), len(columns)))
			}
			refused = refused || slices.Contains(row, any("refuse me"))
		}
		if !refused {
			w.tables[name], w.columns[name] = append(w.tables[name], rows...), columns
		}
	})
	if err == nil && refused {
		return fmt.Errorf("insert: %w", errRefused)
	}
	return err
}

func (w *world) Refused(err error) bool { return errors.Is(err, errRefused) }

func (w *world) Probe(context.Context, string, []string) error { return w.act(func() {}) }

func (w *world) LastBefore(_ context.Context, topic string, at event.Position) (int64, error) {
	last := int64(completeFromTime)
	for _, row := range w.final(facts(topic)) {
		if t := facts(topic); event.Position(column[int64](t, row, "raw_position")) < at {
			last = max(last, column[int64](t, row, "received_at"))
		}
	}
	return last, nil
}

func (w *world) Unexplained(context.Context) (int64, error) { return 0, nil }

// final is a table as FINAL shows it: of rows with one key the one of the
// greatest version, of equal ones the last.
func (w *world) final(t *schema.Table) map[string][]any {
	keys := 3
	if t == &schema.DeadLetters {
		keys = 0 // id, topic, partition, position
	}
	version := slices.Index(t.Columns, "version")
	rows := map[string][]any{}
	for _, row := range w.tables[t.Name] {
		key := fmt.Sprint(row[:keys])
		if keys == 0 {
			key = fmt.Sprint(row[0], row[9:])
		}
		old, there := rows[key]
		if !there || version < 0 || row[version].(uint64) >= old[version].(uint64) {
			rows[key] = row
		}
	}
	return rows
}

func column[T any](t *schema.Table, row []any, name string) T {
	return row[slices.Index(t.Columns, name)].(T)
}

func (w *world) FirstCopies(_ context.Context, topic string, events []*event.Event) (map[event.IdentityHash]First, error) {
	found := map[event.IdentityHash]First{}
	err := w.act(func() {
		t := facts(topic)
		for _, row := range w.final(t) {
			id := identity(t, row)
			if !slices.ContainsFunc(events, func(e *event.Event) bool { return e.Identity() == id }) {
				continue
			}
			c := event.Copy{Version: column[uint8](t, row, "fp_version"), TS: column[int64](t, row, "ts"), NoTS: column[uint8](t, row, "no_ts") == 1}
			copy(c.Body[:], column[string](t, row, "fp"))
			found[id] = First{
				Copy: c, At: event.Position(column[int64](t, row, "raw_position")), Partition: column[int32](t, row, "raw_partition"),
				ReceivedAt: column[int64](t, row, "received_at"), ShopID: row[0].(string), Source: column[string](t, row, "source"),
			}
		}
	})
	return found, err
}

func (w *world) Newest(_ context.Context, p Partition, below event.Position, limit int) ([]Stored, error) {
	var found []Stored
	err := w.act(func() {
		t := facts(p.Topic)
		for _, row := range w.final(t) {
			at := event.Position(column[int64](t, row, "raw_position"))
			if column[int32](t, row, "raw_partition") == p.Index && at < below {
				found = append(found, Stored{identity(t, row), at, column[int64](t, row, "received_at")})
			}
		}
		slices.SortFunc(found, func(a, b Stored) int { return int(b.At - a.At) })
		found = found[:min(limit, len(found))]
	})
	return found, err
}

func identity(t *schema.Table, row []any) (id event.IdentityHash) {
	copy(id[:], column[string](t, row, "identity"))
	return id
}

// run lives one life of a sink, until everything is committed or it crashes.
func (w *world) run(tb testing.TB, config Config, change func(*Sink, *fakeSource)) {
	tb.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.cancel = cancel
	source := w.source(cancel)
	s, err := New(config, Deps{
		Source: source, Warehouse: w, Letters: w, Key: bytes.Repeat([]byte{7}, 32),
		Now:    func() time.Time { return time.UnixMilli(1_800_000_100_000) },
		Sleep:  func(context.Context, time.Duration) error { return nil },
		Jitter: func() float64 { return 0.5 },
		Log:    slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		tb.Fatal(err)
	}
	if change != nil {
		change(s, source)
	}
	if err := s.Run(ctx); err != nil {
		tb.Fatal(err)
	}
}

func (w *world) drained() bool {
	for p, log := range w.logs {
		if w.committed[p] < int64(len(log)) {
			return false
		}
	}
	return true
}

// fp keys the copies of tests.
var fp = event.NewFingerprinter(bytes.Repeat([]byte{9}, 32))

// recordOf is the record that the door would make of an event.
func recordOf(e event.Event, noTS bool) Record {
	v := event.Envelope{Identity: e.Identity(), Copy: fp.Copy(&e, noTS), Source: "events"}
	value, err := event.Encode(&e)
	if err != nil {
		panic(err)
	}
	return Record{Topic: e.Type.Topic(), Headers: v.Headers(), Value: value}
}
