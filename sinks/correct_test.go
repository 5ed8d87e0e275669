package sinks

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"askbuy/internal/clickhouse"
	schema "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// Read plays the log, of which a world has everything but what it forgot.
func (w *world) Read(_ context.Context, p Partition, offsets []int64) (records []Record, err error) {
	err = w.act(func() {
		records = nil
		for _, offset := range offsets {
			if offset < int64(len(w.logs[p])) && !w.aged {
				records = append(records, w.logs[p][offset])
			}
		}
	})
	return records, err
}

// past is a day after the records of a world arrived.
func past() time.Time { return time.UnixMilli(1_800_000_000_000).Add(24 * time.Hour) }

func (s *strict) corrector(t *testing.T) *Corrector {
	t.Helper()
	sink, err := New(DefaultConfig(), Deps{
		Warehouse: s, Letters: s.world, Key: bytes.Repeat([]byte{7}, 32),
		Now: past, Sleep: func(context.Context, time.Duration) error { return nil }, Jitter: func() float64 { return 0.5 },
	})
	if err != nil {
		t.Fatal(err)
	}
	c, err := NewCorrector(sink, nil, s, s.world)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *Corrector) count(what string) float64 {
	return testutil.ToFloat64(c.counted.WithLabelValues(what))
}

// lived is a world whose records are all dealt with, letters' rows and cuts
// included.
func lived(t *testing.T, real *Tables, seed uint64) *strict {
	t.Helper()
	w := newWorld(seed)
	history(w, rand.New(rand.NewPCG(seed, 3)), 1)
	s := &strict{real, w}
	for _, table := range []schema.Table{schema.Receipts, schema.Messages, schema.Behaviors, schema.DeadLetters, schema.OffsetCuts} {
		if err := s.DB.Exec(t.Context(), "TRUNCATE TABLE "+table.Name, nil); err != nil {
			t.Fatal(err)
		}
	}
	w.run(t, DefaultConfig(), func(sink *Sink, _ *fakeSource) { sink.deps.Warehouse = s })
	s.storeLetters(t)
	var cuts [][]any
	for p, log := range w.logs {
		cuts = append(cuts, []any{p.Topic, p.Index, int64(0), int64(0), int64(len(log)), int64(len(log)), past()})
	}
	if err := s.Tables.Insert(t.Context(), schema.OffsetCuts.Name, schema.OffsetCuts.Columns, cuts); err != nil {
		t.Fatal(err)
	}
	return s
}

// storeLetters plays the sink of the topic of letters.
func (s *strict) storeLetters(t *testing.T) {
	t.Helper()
	var rows [][]any
	for n := range s.world.letters {
		l := &s.world.letters[n]
		rows = append(rows, letterRow(l, l.Topic, l.Partition, event.At(0, l.Offset)))
	}
	if err := s.Tables.Insert(t.Context(), schema.DeadLetters.Name, schema.DeadLetters.Columns, rows); err != nil {
		t.Fatal(err)
	}
}

func (s *strict) alter(t *testing.T, what string) {
	t.Helper()
	if err := s.DB.Exec(t.Context(), "ALTER TABLE askbuy."+what, nil, clickhouse.Settings{"mutations_sync": 2}); err != nil {
		t.Fatal(err)
	}
}

// mistakes are what a judge that missed something leaves behind.
var mistakes = map[string]struct {
	plant func(t *testing.T, s *strict)
	what  string // the counter that tells of it
}{
	"copies are taken for firsts": {func(t *testing.T, s *strict) {
		s.alter(t, "receipts UPDATE outcome = 'stored' WHERE outcome IN ('duplicate', 'conflict') AND cityHash64(raw_position) % 2 = 0")
	}, correctedOutcome},
	"firsts are taken for copies": {func(t *testing.T, s *strict) {
		s.alter(t, "receipts UPDATE outcome = 'duplicate' WHERE outcome = 'stored' AND cityHash64(raw_position) % 2 = 0")
	}, correctedOutcome},
	"receipts lack their facts": {func(t *testing.T, s *strict) {
		s.alter(t, "messages DELETE WHERE cityHash64(raw_position) % 2 = 0")
	}, correctedOutcome},
	"facts are not the least copies": {plantLaterFacts, correctedOutcome},
	"letters are missing": {func(t *testing.T, s *strict) {
		s.world.letters = slices.DeleteFunc(s.world.letters, func(l event.DeadLetter) bool { return l.Offset%2 == 0 })
		s.alter(t, "dead_letters DELETE WHERE position % 2 = 0")
	}, correctedLetter},
	"records lack receipts": {func(t *testing.T, s *strict) {
		s.alter(t, "receipts DELETE WHERE cityHash64(raw_position) % 2 = 0")
	}, correctedReceipt},
}

// plantLaterFacts forgets the facts and has copies that came later stand for
// them, as a sink would that was given them alone.
func plantLaterFacts(t *testing.T, s *strict) {
	s.alter(t, "messages DELETE WHERE 1")
	c, letters := s.corrector(t), slices.Clone(s.world.letters)
	defer func() { s.world.letters = letters }() // a letter cannot be taken back
	for p, log := range s.world.logs {
		if p.Topic != event.TopicMessages {
			continue
		}
		if err := c.sink.process(t.Context(), slices.Clone(log[len(log)/2:])); err != nil {
			t.Fatal(err)
		}
	}
}

// What is planted is mended, all at once too, by two correctors that know
// nothing of each other; then they find nothing any more.
func TestCorrectorMends(t *testing.T) {
	real := tables(t)
	all := func(t *testing.T, s *strict) {
		for _, name := range []string{"facts are not the least copies", "receipts lack their facts", "copies are taken for firsts", "firsts are taken for copies", "letters are missing", "records lack receipts"} {
			mistakes[name].plant(t, s)
		}
	}
	f := func(name string, plant func(*testing.T, *strict), what string) {
		t.Run(name, func(t *testing.T) {
			s := lived(t, real, 5)
			if c := s.corrector(t); c.Correct(t.Context()) != nil || c.count(correctedOutcome)+c.count(correctedLetter)+c.count(correctedReceipt) > 0 {
				t.Fatal("of what is right something is corrected")
			}
			plant(t, s)
			s.world.away = 0.1
			replicas := []*Corrector{s.corrector(t), s.corrector(t)}
			for range 2 {
				for _, c := range replicas {
					for c.Correct(t.Context()) != nil { // the log is away: the next hour
					}
				}
				s.storeLetters(t)
			}
			s.copyBack(t)
			for _, d := range differences(s.world) {
				t.Error(d)
			}
			if replicas[0].count(what) == 0 || replicas[0].count(uncorrected) > 0 {
				t.Errorf("%v were corrected, %v unreadable", replicas[0].count(what), replicas[0].count(uncorrected))
			}
			s.world.away = 0
			if c := s.corrector(t); c.Correct(t.Context()) != nil || c.count(correctedOutcome)+c.count(correctedLetter)+c.count(correctedReceipt) > 0 {
				t.Error("the correction does not come to an end")
			}
		})
	}
	for name, m := range mistakes {
		f(name, m.plant, m.what)
	}
	f("everything", all, correctedOutcome)
}

// Of records that the log has no more, the facts tell which is the first; the
// others count as duplicates.
func TestCorrectorWithoutTheLog(t *testing.T) {
	s := lived(t, tables(t), 6)
	s.copyBack(t)
	want, _ := truth(s.world)
	mistakes["copies are taken for firsts"].plant(t, s)
	mistakes["firsts are taken for copies"].plant(t, s)
	s.world.aged = true
	c := s.corrector(t)
	if err := c.Correct(t.Context()); err != nil {
		t.Fatal(err)
	}
	if c.count(uncorrected) == 0 || c.count(correctedOutcome) > 0 {
		t.Errorf("%v were corrected, %v unreadable", c.count(correctedOutcome), c.count(uncorrected))
	}
	s.copyBack(t)
	stored := 0
	for _, row := range s.world.final(&schema.Receipts) {
		if Outcome(row[3].(string)) == Fresh {
			stored++
		}
	}
	for _, outcome := range want {
		if outcome == Fresh {
			stored--
		}
	}
	if stored != 0 {
		t.Errorf("%d more receipts say stored than there are facts", stored)
	}
	if c = s.corrector(t); c.Correct(t.Context()) != nil || c.count(uncorrected) > 0 {
		t.Errorf("a second pass finds %v more", c.count(uncorrected))
	}
}

// A task that fails keeps no other from its hour, and is tried again.
func TestHourly(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var slept []time.Duration
	done := 0
	h, err := NewHourly(time.Hour, []Task{
		{"fails", func(context.Context) error { return errors.New("on purpose") }},
		{"works", func(ctx context.Context) error {
			if _, bounded := ctx.Deadline(); !bounded {
				t.Error("a task may take for ever")
			}
			done++
			return nil
		}},
	}, prometheus.NewRegistry(), slog.New(slog.NewTextHandler(io.Discard, nil)))
	if err != nil {
		t.Fatal(err)
	}
	h.Jitter = func() float64 { return 0.5 }
	h.Sleep = func(_ context.Context, d time.Duration) error {
		if slept = append(slept, d); len(slept) == 4 {
			cancel()
		}
		return nil
	}
	if err := h.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(slept, []time.Duration{3 * time.Minute, time.Hour, time.Hour, time.Hour}) || done != 3 {
		t.Errorf("slept %v, done %d times", slept, done)
	}
	if failed, worked := testutil.ToFloat64(h.runs.WithLabelValues("fails", "failed")), testutil.ToFloat64(h.runs.WithLabelValues("works", "done")); failed != 3 || worked != 3 {
		t.Errorf("%v failures and %v successes are counted", failed, worked)
	}
}
