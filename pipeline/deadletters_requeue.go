package pipeline

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/report"
)

// Fate is what became of a letter that was requeued.
type Fate string

// The fates.
const (
	FateAccepted  Fate = "accepted"   // it is an event now
	FateDuplicate Fate = "duplicate"  // it had been accepted before
	FateReadAgain Fate = "read again" // its record was read without being set aside
	FateStillBad  Fate = "still bad"  // it is back in the dead letters
	FateLeft      Fate = "left"       // nothing was tried
)

// Fates lists them, the good ones first.
func Fates() []Fate {
	return []Fate{FateAccepted, FateDuplicate, FateReadAgain, FateStillBad, FateLeft}
}

// Requeued is a letter and its fate.
type Requeued struct {
	Letter report.DeadLetter
	Fate   Fate
	Detail string // why, of the last two
}

// producer stores a record durably.
type producer interface {
	Produce(ctx context.Context, r kafka.Record) error
}

// Requeue does the steps, the oldest letter first, waits until what came of
// them was read, and says what that is. Beside an error it returns the fates
// that are known; to do it all again is safe.
func (l *Letters) Requeue(ctx context.Context, door *Door, steps []Step) (fates []Requeued, err error) {
	records, err := kafka.NewProducer(l.kafka)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, records.Close(ctx)) }()
	fates, open, err := requeue(ctx, door, records, steps)
	if err != nil || len(open) == 0 {
		return fates, err
	}
	if err := l.awaitRead(ctx); err != nil {
		return fates, fmt.Errorf("wait until what was requeued is read: %w", err)
	}
	return fates, l.settle(ctx, fates, open)
}

// requeue does the steps. The fates with the indexes in open are known once
// readers have had their say.
func requeue(ctx context.Context, door *Door, records producer, steps []Step) (fates []Requeued, open []int, err error) {
	steps = slices.Clone(steps)
	slices.SortStableFunc(steps, func(a, b Step) int { return a.Letter.ReceivedAt.Compare(b.Letter.ReceivedAt) })
	for _, step := range steps {
		done := Requeued{Letter: step.Letter}
		var refused *refusedError
		switch step.way {
		case wayNone:
			done.Fate, done.Detail = FateLeft, step.why
		case wayEvents:
			var answer *DoorAnswer
			if answer, err = door.Events(ctx, step.body, step.ndjson); err == nil {
				done.Fate, done.Detail = answer.fate()
			}
		case wayHook:
			done.Fate, open = FateAccepted, append(open, len(fates))
			err = door.hook(ctx, step)
		case wayRecord:
			done.Fate, open = FateReadAgain, append(open, len(fates))
			err = records.Produce(ctx, *step.record)
		}
		switch {
		case errors.As(err, &refused):
			done.Fate, done.Detail, err = FateStillBad, refused.Error(), nil
		case err != nil:
			return fates, nil, fmt.Errorf("requeue letter %s: %w", step.Letter.ID, err)
		}
		fates = append(fates, done)
	}
	return fates, open, nil
}

// fate is that of the only event posted.
func (a *DoorAnswer) fate() (Fate, string) {
	switch {
	case len(a.Rejected) > 0:
		return FateStillBad, string(a.Rejected[0].Reason) + ": " + a.Rejected[0].Detail
	case a.Duplicate > 0:
		return FateDuplicate, ""
	}
	return FateAccepted, ""
}

// idsAtOnce bounds the ids of one question.
const idsAtOnce = 500

// settle tells which of the open fates are bad after all: their letters have
// been delivered once more.
func (l *Letters) settle(ctx context.Context, fates []Requeued, open []int) error {
	for some := range slices.Chunk(open, idsAtOnce) {
		filter := report.LetterFilter{Limit: len(some)}
		for _, n := range some {
			filter.IDs = append(filter.IDs, fates[n].Letter.ID)
		}
		now, err := report.DeadLetters(ctx, l.db, filter)
		if err != nil {
			return err
		}
		for _, n := range some {
			i := slices.IndexFunc(now.Letters, func(d report.DeadLetter) bool { return d.ID == fates[n].Letter.ID })
			if i >= 0 && now.Letters[i].Deliveries > fates[n].Letter.Deliveries && fates[n].Fate != FateStillBad {
				fates[n].Fate, fates[n].Detail = FateStillBad, string(now.Letters[i].Reason)+": "+now.Letters[i].Detail
			}
		}
	}
	return nil
}

// awaitRead waits until all groups have read what is in their topics now, and
// then what came of that in the meantime. Unlike AwaitDrain it ends although
// senders go on.
func (l *Letters) awaitRead(ctx context.Context) error {
	admin, err := kafka.NewAdmin(l.kafka)
	if err != nil {
		return err
	}
	defer admin.Close()
	for range 2 {
		for group, names := range inputs() {
			if err := awaitGroup(ctx, admin, l.kafka, group, names); err != nil {
				return err
			}
		}
	}
	return nil
}

// awaitGroup waits until a group has committed all that its topics hold now.
func awaitGroup(ctx context.Context, admin *kafka.Admin, k kafka.Config, group string, names []string) error {
	topics := make([]string, len(names))
	for n, name := range names {
		topics[n] = k.Name(name)
	}
	starts, err := admin.StartOffsets(ctx, topics...)
	if err != nil {
		return err
	}
	ends, err := admin.EndOffsets(ctx, topics...)
	if err != nil {
		return err
	}
	for {
		committed, err := admin.CommittedOffsets(ctx, k.Name(group))
		if err != nil {
			return err
		}
		late := behind(committed, starts, ends)
		if late == "" {
			return nil
		}
		if ended := wait.For(ctx, 100*time.Millisecond); ended != nil {
			return fmt.Errorf("group %s has not read %s to its end: %w; see whether every role runs", group, strings.TrimPrefix(late, k.Prefix), ended)
		}
	}
}

// behind names a topic of which a group has not committed all up to ends.
func behind(committed, starts, ends kafka.Offsets) string {
	for topic, partitions := range ends {
		for p, end := range partitions {
			at, ever := committed[topic][p]
			if !ever {
				at = starts[topic][p]
			}
			if at < end {
				return topic
			}
		}
	}
	return ""
}
