package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest/dedup"
	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

const (
	snapshotEvery = 5 * time.Minute
	// replayLimit is how many of a partition's newest records are read at the
	// start. More would only save records that are told apart downstream.
	replayLimit = 50_000
	// replayTimeout bounds what the door's readiness waits for.
	replayTimeout = 15 * time.Second
)

// rawLog is what the door published, as the broker has it. Topics have no
// prefix.
type rawLog interface {
	EndOffsets(ctx context.Context) (dedup.Offsets, error)
	Read(ctx context.Context, topic string, partition int32, from, to int64, f func([]event.Header, []byte)) error
	Follow(ctx context.Context, from dedup.Offsets, f func([]event.Header, []byte)) error
}

// memory keeps the door's memory of recent events over a restart: a snapshot
// every few minutes and at the end, and at the start what the topics have
// beyond it. Where there may be other doors it learns what they publish.
type memory struct {
	filter *dedup.Filter
	path   string
	log    rawLog
	logger *slog.Logger
	starts *prometheus.CounterVec // by what was found
	others *others                // nil: there is no other door

	at     dedup.Offsets // up to where the snapshot knows the topics
	learnt atomic.Bool
}

// openMemory loads the snapshot. One that cannot be used is no reason not to
// start: repetitions are then told apart downstream.
func openMemory(w wiring) (*memory, error) {
	filter, err := dedup.NewFilter(w.config.Door.dedupe(), time.Now)
	if err != nil {
		return nil, err
	}
	m := &memory{
		filter: filter, path: filepath.Join(w.config.DataDir, "dedupe.snapshot"), log: brokerLog{w.admin, w.kafka, w.log}, logger: w.log,
		starts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "askbuy_dedupe_snapshots_loaded_total", Help: "Starts by what became of the snapshot of the door's memory.",
		}, []string{"outcome"}),
	}
	if err := w.registry.Register(m.starts); err != nil {
		return nil, fmt.Errorf("register metrics of the door's memory: %w", err)
	}
	if len(w.config.KafkaBrokers) > 0 && !w.config.Door.Alone { // an embedded broker has one door
		if m.others, err = newOthers(filter, w.registry); err != nil {
			return nil, err
		}
	}
	m.load()
	w.health.Add("door's memory", readiness("the door's memory", m.learnt.Load))
	return m, nil
}

func (m *memory) load() {
	outcome := "loaded"
	at, err := m.filter.Load(m.path)
	switch {
	case errors.Is(err, dedup.ErrNoSnapshot):
		outcome = "none"
	case err != nil:
		outcome = "unusable"
		m.logger.Warn("the door's memory starts empty: repetitions of earlier events are told apart later", slog.String("file", m.path), slog.String("error", err.Error()))
	}
	m.at = at
	m.starts.WithLabelValues(outcome).Inc()
}

// Run reads what the topics have beyond the snapshot, and saves the memory
// until ctx ends, and then once more.
func (m *memory) Run(ctx context.Context) error {
	ends := m.replay(ctx)
	m.learnt.Store(true)
	if m.others != nil {
		var following sync.WaitGroup
		defer following.Wait()
		following.Go(func() { m.followOthers(ctx, ends) })
	}
	tick := time.NewTicker(snapshotEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			m.save(ctx)
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			m.save(last)
			return nil
		}
	}
}

// save asks for the offsets first: what is accepted in between is read again.
// Without a broker it keeps the snapshot as it is, and its offsets.
func (m *memory) save(ctx context.Context) {
	at, err := m.log.EndOffsets(ctx)
	if err == nil {
		err = m.filter.Save(m.path, at)
	}
	if err != nil {
		m.logger.Warn("the door's memory is not saved: the next start reads more of the topics", slog.String("error", err.Error()))
	}
}

// replay returns the offsets up to which it has read, nil without a broker.
func (m *memory) replay(ctx context.Context) dedup.Offsets {
	ctx, cancel := context.WithTimeout(ctx, replayTimeout)
	defer cancel()
	ends, err := m.log.EndOffsets(ctx)
	for topic, partitions := range ends {
		for partition, end := range partitions {
			from := m.at[topic][partition]
			if from > end {
				from = 0 // the topic was made anew
			}
			if from = max(from, end-replayLimit); from < end && err == nil {
				err = m.log.Read(ctx, topic, partition, from, end, m.learn)
			}
		}
	}
	if err != nil {
		m.logger.Warn("the door's memory does not have all recent events: repetitions of the others are told apart later", slog.String("error", err.Error()))
	}
	return ends
}

// learn remembers a record of a raw topic; what cannot be read is no event.
func (m *memory) learn(headers []event.Header, value []byte) {
	if _, v, err := event.Open(headers, value); err == nil {
		m.filter.Learn(v.Identity, v.Copy)
	}
}

// brokerLog is the rawLog of a broker.
type brokerLog struct {
	admin *kafka.Admin
	kafka kafka.Config
	log   *slog.Logger
}

func (b brokerLog) EndOffsets(ctx context.Context) (dedup.Offsets, error) {
	var names []string
	for _, name := range event.RawTopics() {
		names = append(names, b.kafka.Name(name))
	}
	ends, err := b.admin.EndOffsets(ctx, names...)
	if err != nil {
		return nil, err
	}
	at := dedup.Offsets{}
	for _, name := range event.RawTopics() {
		at[name] = ends[b.kafka.Name(name)]
	}
	return at, nil
}

func (b brokerLog) Read(ctx context.Context, topic string, partition int32, from, to int64, f func([]event.Header, []byte)) error {
	return kafka.ReadPartition(ctx, b.kafka, b.kafka.Name(topic), partition, from, to, func(r kafka.Fetched) bool {
		f(eventHeaders(r.Headers), r.Value)
		return true
	})
}

func (b brokerLog) Follow(ctx context.Context, from dedup.Offsets, f func([]event.Header, []byte)) error {
	named := kafka.Offsets{}
	for topic, partitions := range from {
		named[b.kafka.Name(topic)] = partitions
	}
	return kafka.Follow(ctx, b.kafka, named, b.log, func(_ string, r kafka.Fetched) { f(eventHeaders(r.Headers), r.Value) })
}

func eventHeaders(list []kafka.Header) []event.Header {
	headers := make([]event.Header, len(list))
	for i, h := range list {
		headers[i] = event.Header(h)
	}
	return headers
}
