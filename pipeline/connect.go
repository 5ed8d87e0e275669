package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/internal/wait"
	"askbuy/processors"
	"askbuy/schemas/event"
	"askbuy/sinks"
)

// Warehouse opens the configured warehouse, or that of the instance that runs
// on the data directory.
func Warehouse(ctx context.Context, c Config) (*clickhouse.DB, error) {
	dsn := c.ClickHouseDSN
	if dsn == "" {
		at, err := ReadEndpoints(c.DataDir)
		if err != nil {
			return nil, err
		}
		dsn = at.DSN
	}
	db, err := clickhouse.Open(ctx, dsn)
	if err != nil && c.ClickHouseDSN == "" {
		return nil, fmt.Errorf("the instance on data directory %q does not answer: %w", c.DataDir, err)
	}
	return db, err
}

// Broker is how to reach the configured broker, or that of the instance that
// runs on the data directory.
func Broker(c Config) (kafka.Config, error) {
	if len(c.KafkaBrokers) > 0 {
		return c.kafkaConfig(c.KafkaBrokers), nil
	}
	at, err := ReadEndpoints(c.DataDir)
	if err != nil {
		return kafka.Config{}, err
	}
	k := c.kafkaConfig(strings.Split(at.Kafka, ","))
	k.Prefix = at.KafkaPrefix
	return k, nil
}

// Migrate brings tables and views of the warehouse up to date, and has the
// tables keep what is configured.
func Migrate(ctx context.Context, c Config) error {
	db, err := Warehouse(ctx, c)
	if err != nil {
		return err
	}
	log := slog.New(slog.DiscardHandler)
	err = prepare(ctx, db, c, log)
	if err == nil {
		err = applyRetention(ctx, db, c, log)
	}
	return errors.Join(err, db.Close())
}

// TopicState is what a topic holds now.
type TopicState struct {
	Name       string
	Partitions int
	Records    int64
	Kept       string
}

// Topics lists the topics, and makes those that are missing.
func Topics(ctx context.Context, c Config) ([]TopicState, error) {
	k, err := Broker(c)
	if err != nil {
		return nil, err
	}
	if _, err := provision(ctx, k); err != nil {
		return nil, err
	}
	admin, err := kafka.NewAdmin(k)
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	var names []string
	for _, t := range topics(k) {
		names = append(names, t.Name)
	}
	starts, err := admin.StartOffsets(ctx, names...)
	if err != nil {
		return nil, err
	}
	ends, err := admin.EndOffsets(ctx, names...)
	if err != nil {
		return nil, err
	}
	var states []TopicState
	for _, t := range topics(k) {
		state := TopicState{Name: t.Name, Partitions: len(ends[t.Name]), Kept: "for ever"}
		if t.Retention != kafka.Keep {
			state.Kept = fmt.Sprintf("%.0f days", t.Retention.Hours()/24)
		}
		for p, end := range ends[t.Name] {
			state.Records += end - starts[t.Name][p]
		}
		states = append(states, state)
	}
	slices.SortFunc(states, func(a, b TopicState) int { return cmp.Compare(a.Name, b.Name) })
	return states, nil
}

// inputs are the topics that each group reads.
func inputs() map[string][]string {
	return map[string][]string{
		processors.GroupScore:   {event.TopicMessages, event.TopicBehaviors},
		processors.GroupOrders:  {event.TopicOrders, event.TopicErasures},
		processors.GroupJourney: {event.TopicJourney},
		processors.GroupRepair:  {event.TopicRepairs},
		sinks.Group:             sinks.Topics(),
	}
}

// InFlight counts the records that some group has yet to deal with. When it is
// 0 and no sender posts, every row that follows from what was posted is in the
// warehouse.
func InFlight(ctx context.Context, k kafka.Config) (int64, error) {
	admin, err := kafka.NewAdmin(k)
	if err != nil {
		return 0, err
	}
	defer admin.Close()
	known, err := lags(ctx, admin, k, inputs())
	total := int64(0)
	for _, n := range known {
		total += n
	}
	return total, err
}

// AwaitDrain waits until nothing is in flight, twice in a row: a record may be
// between two topics when the first is asked.
func AwaitDrain(ctx context.Context, k kafka.Config) error {
	for quiet := 0; ; {
		n, err := InFlight(ctx, k)
		if err != nil {
			return err
		}
		if quiet++; n > 0 {
			quiet = 0
		}
		if quiet == 2 {
			return nil
		}
		if ended := wait.For(ctx, 200*time.Millisecond); ended != nil {
			return fmt.Errorf("%d records are still in flight: %w", n, ended)
		}
	}
}
