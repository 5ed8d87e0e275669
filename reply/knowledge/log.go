package knowledge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"

	"github.com/go-json-experiment/json"

	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// Log is the topic that has the records.
type Log struct {
	Config   kafka.Config
	Admin    *kafka.Admin
	Producer *kafka.Producer
	Set      *Set
	Log      *slog.Logger

	mu    sync.Mutex
	read  map[int32]int64 // the offsets that come next
	moved chan struct{}   // closed when they do
}

func (l *Log) topic() string { return l.Config.Name(event.TopicKnowledge) }

// CatchUp reads the log to its end. It comes before Run, and before anybody is
// answered.
func (l *Log) CatchUp(ctx context.Context) error {
	ends, err := l.Admin.EndOffsets(ctx, l.topic())
	if err != nil {
		return fmt.Errorf("read the end of the knowledge log: %w", err)
	}
	for partition, end := range ends[l.topic()] {
		if end == 0 {
			continue
		}
		err := kafka.ReadPartition(ctx, l.Config, l.topic(), partition, 0, end, func(r kafka.Fetched) bool {
			l.take(r)
			return true
		})
		if err != nil {
			return fmt.Errorf("read the knowledge log: %w", err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.read, l.moved = maps.Clone(ends[l.topic()]), make(chan struct{})
	return nil
}

// Run follows the log until ctx ends.
func (l *Log) Run(ctx context.Context) error {
	l.mu.Lock()
	from := kafka.Offsets{l.topic(): maps.Clone(l.read)}
	l.mu.Unlock()
	return kafka.Follow(ctx, l.Config, from, l.Log, func(_ string, r kafka.Fetched) {
		l.take(r)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.read[kafka.Partition(r.Key, int32(len(l.read)))] = r.Offset + 1
		close(l.moved)
		l.moved = make(chan struct{})
	})
}

// await waits until this replica has read what the log has now.
func (l *Log) await(ctx context.Context) error {
	ends, err := l.Admin.EndOffsets(ctx, l.topic())
	if err != nil {
		return fmt.Errorf("read the end of the knowledge log: %w", err)
	}
	for {
		l.mu.Lock()
		behind := false
		for partition, end := range ends[l.topic()] {
			behind = behind || l.read[partition] < end
		}
		moved := l.moved
		l.mu.Unlock()
		if !behind {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for the knowledge log: %w", context.Cause(ctx))
		}
	}
}

func (l *Log) take(f kafka.Fetched) {
	if len(f.Value) == 0 { // of the broker's own housekeeping
		return
	}
	r, err := decode(f.Value)
	if err != nil {
		l.Log.Error("a record of the knowledge log is refused, and changes nothing", "offset", f.Offset, "err", err)
		return
	}
	l.Set.Apply(r)
}

func decode(raw []byte) (r Record, err error) {
	if err := json.Unmarshal(raw, &r); err != nil {
		return Record{}, fmt.Errorf("decode record: %w", err)
	}
	return r, r.validate()
}

// Append makes records durable and returns once they are in force here; on the
// other replicas they are as soon as they come to them. They belong to one
// shop and were checked as a set. When it fails, some may be durable: to append
// them again does no harm.
func (l *Log) Append(ctx context.Context, records []Record) error {
	outcomes := make(chan error, len(records))
	for _, r := range records {
		value, err := json.Marshal(r, json.Deterministic(true))
		if err == nil && len(value) > maxRecord {
			err = fmt.Errorf("entry %q takes %d bytes, at most %d are taken", r.ID, len(value), maxRecord)
		}
		if err != nil {
			return fmt.Errorf("encode record: %w", err)
		}
		l.Producer.Start(kafka.Record{
			Topic: l.topic(), Key: []byte(event.Key(r.ShopID, r.ID)), Value: value,
			Headers: []kafka.Header{{Key: event.HeaderSchema, Value: []byte(event.Version)}},
		}, func(err error) { outcomes <- err })
	}
	var problems []error
	for range records {
		select {
		case err := <-outcomes:
			problems = append(problems, err)
		case <-ctx.Done():
			return fmt.Errorf("publish knowledge: %w", context.Cause(ctx))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("publish knowledge: %w", err)
	}
	if err := l.await(ctx); err != nil {
		return err
	}
	for _, r := range records {
		l.Set.Fresh(r.ShopID)
	}
	return nil
}
