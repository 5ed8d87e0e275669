package sinks

import (
	"context"
	"encoding/hex"
	"strings"

	"golang.org/x/sync/errgroup"

	"askbuy/schemas/event"
)

// setAside decides that a record becomes a dead letter, and that a raw one's
// receipt says so.
func (s *Sink) setAside(i *item, reason event.Reason, detail string) {
	i.outcome = Quarantined
	if reason == event.ReasonConflict {
		i.outcome = Conflict
	}
	l := &event.DeadLetter{
		ID: s.letterID(i, reason), Stage: event.StageSink, Reason: reason, Detail: strings.ToValidUTF8(detail, "?"),
		Source:     i.source(),
		ReceivedAt: i.record.Time.UnixMilli(),
		Topic:      i.record.Topic, Partition: i.record.Partition, Offset: i.record.Offset,
		Bytes: i.record.Value,
	}
	if i.event != nil {
		l.ShopID, l.Type, l.EventID = i.event.ShopID, string(i.event.Type), i.event.ID
	}
	i.letter = l
}

// letterID is equal for equal events that are set aside for one reason: of an
// event without a time of its own, that of arrival does not count.
func (s *Sink) letterID(i *item, reason event.Reason) string {
	value := i.record.Value
	if i.event != nil && i.envelope.Copy.NoTS {
		timeless := *i.event
		timeless.TS = 0
		if b, err := event.Encode(&timeless); err == nil {
			value = b
		}
	}
	return hex.EncodeToString(s.names.Sum(append([]byte(string(reason)+"\x00"), value...))[:16])
}

// lettersAtOnce bounds how many letters wait for their ack together.
const lettersAtOnce = 128

// publish stores the letters of a batch and waits for every ack.
func (s *Sink) publish(ctx context.Context, batch []*item) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(lettersAtOnce)
	for _, i := range batch {
		if i.letter == nil {
			continue
		}
		group.Go(func() error {
			err := s.retry(ctx, "publish dead letter", func() error { return s.deps.Letters.Publish(ctx, i.letter) })
			if err == nil {
				s.metrics.setAside(i.letter)
			}
			return err
		})
	}
	return group.Wait()
}
