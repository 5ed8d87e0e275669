package sinks

import (
	"context"
	"testing"
	"time"

	"askbuy/internal/wait"
	"askbuy/schemas/event"
)

// stopper ends the sink's context in the middle of its first insert.
type stopper struct {
	*world
	stopped bool
}

func (s *stopper) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	if !s.stopped {
		s.stopped = true
		s.cancel()
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return s.world.Insert(ctx, table, columns, rows)
}

// A batch that is being stored when the sink is stopped is finished and
// committed, if there is time for it.
func TestAStopFinishesTheBatch(t *testing.T) {
	for _, c := range []struct {
		grace  time.Duration
		stored int64
	}{{time.Hour, 1}, {0, 0}} {
		w := newWorld(1)
		w.append(0, recordOf(event.Event{Type: event.TypeAlias, ShopID: "s", UserID: "u", ID: "a", Alias: "b", TS: 1}, false))
		config := DefaultConfig()
		config.StopGrace = c.grace
		w.run(t, config, func(s *Sink, _ *fakeSource) {
			s.deps.Sleep = wait.For
			s.deps.Warehouse = &stopper{world: w}
			if c.grace == 0 {
				s.deps.Warehouse = &patient{w}
			}
		})
		if got := w.committed[Partition{event.TopicAliases, 0}]; got != c.stored {
			t.Errorf("grace %s: %d records are committed, want %d", c.grace, got, c.stored)
		}
	}
}

// patient waits in its insert for as long as it may.
type patient struct{ *world }

func (p *patient) Insert(ctx context.Context, table string, columns []string, rows [][]any) error {
	p.cancel()
	<-ctx.Done()
	return ctx.Err()
}
