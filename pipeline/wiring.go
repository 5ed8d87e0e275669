package pipeline

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/erasure"
	"askbuy/internal/kafka"
	"askbuy/internal/keyring"
	"askbuy/models/registry"
	"askbuy/processors"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/sinks"
	"askbuy/web/rollups"
)

// wiring is what the rooms share.
type wiring struct {
	*Pipeline
	ctx     context.Context // of the start
	kafka   kafka.Config
	db      *clickhouse.DB
	admin   *kafka.Admin
	epochs  map[string]int64
	infos   map[string]kafka.TopicInfo
	secrets secrets
	erased  *erasure.List // of all parts but the sinks, which keep their own
	models  *registry.Force
}

// sinkStopGrace is of the ten seconds that a stop may take.
const sinkStopGrace = 3 * time.Second

// sinkParts carry topics into tables.
func sinkParts(w wiring) ([]part, error) {
	if err := applyRetention(w.ctx, w.db, w.config, w.log); err != nil {
		return nil, err
	}
	consumer, err := sinks.NewConsumer(w.kafka, w.log)
	if err != nil {
		return nil, err
	}
	w.onClose(func() error { consumer.Close(); return nil })
	producer, err := w.newProducer()
	if err != nil {
		return nil, err
	}
	ring, err := openKeyring(w.ctx, w.config)
	if err != nil {
		return nil, err
	}
	config := sinks.DefaultConfig()
	config.Linger, config.StopGrace = w.config.SinkLinger, sinkStopGrace
	sink, err := sinks.New(config, sinks.Deps{
		Source: consumer, Warehouse: &sinks.Tables{DB: w.db},
		Letters: &sinks.Letters{Producer: producer, Config: w.kafka},
		Offsets: &sinks.LogOffsets{Admin: w.admin, Config: w.kafka},
		Epochs:  w.epochs, Key: []byte(w.secrets.fingerprint),
		Erasures:   w.ownErased(ring),
		Registerer: w.registry, Log: w.log,
	})
	if err != nil {
		return nil, err
	}
	w.health.Add("sinks", readiness("sinks", sink.Ready))
	hourly, err := hourlyPart(w, sink, ring)
	return []part{hourly, {"sinks", sink.Run}}, err
}

// rollupParts keep what the dashboard reads of all shops at once.
func rollupParts(w wiring) ([]part, error) {
	keeper, err := rollups.New(rollups.DefaultConfig(), rollups.Deps{
		DB: w.db, Cluster: warehouse.Cluster{Name: w.config.ClickHouseCluster}, Now: time.Now, Token: rand.Uint64, Registerer: w.registry, Log: w.log,
	})
	if err != nil {
		return nil, fmt.Errorf("set up the rollup: %w", err)
	}
	return []part{{"rollup", keeper.Run}}, nil
}

// ownErased is a list of the erased for one that has to notice every change of
// it itself.
func (w wiring) ownErased(ring *keyring.Ring) *erasure.List {
	return erasure.New([]byte(w.secrets.fingerprint), &erasure.Table{DB: w.db}).OpenLetters(letterOpener(ring))
}

// hourlyPart is what is done every hour beside the sinks.
func hourlyPart(w wiring, sink *sinks.Sink, ring *keyring.Ring) (part, error) {
	corrector, err := sinks.NewCorrector(sink, w.ownErased(ring), &sinks.Tables{DB: w.db}, &sinks.RawLog{Config: w.kafka})
	if err != nil {
		return part{}, err
	}
	retention, err := retentionTask(w)
	if err != nil {
		return part{}, err
	}
	experiments, err := experimentsTask(w)
	if err != nil {
		return part{}, err
	}
	learner, err := newLearner(w)
	if err != nil {
		return part{}, err
	}
	tasks := []sinks.Task{{Name: "corrections", Do: corrector.Correct}, retention, experiments, learner.task()}
	hourly, err := sinks.NewHourly(w.config.HourlyEvery, tasks, w.registry, w.log)
	if err != nil {
		return part{}, err
	}
	return part{"hourly pass", hourly.Run}, nil
}

// processParts turn raw events into scores and touches. With a broker of its
// own this process keeps the groups' tables in memory and reads them again at
// the next start; elsewhere they lie on disk, tied to the broker they are from.
func processParts(w wiring) ([]part, error) {
	config := processors.DefaultConfig()
	config.Kafka, config.Epochs, config.Key = w.kafka, w.epochs, []byte(w.secrets.fingerprint)
	config.RepairEvery = w.config.RepairEvery
	if len(w.config.KafkaBrokers) > 0 {
		config.StateDir = filepath.Join(w.config.DataDir, "state")
	}
	config.TableIDs = map[string][16]byte{}
	for _, table := range processors.Tables() {
		config.TableIDs[table] = w.infos[kafka.TableTopic(w.kafka.Name(table)).Name].ID
	}
	p, err := processors.New(config, processors.Deps{
		Models: w.models, Facts: &processors.Facts{DB: w.db}, Erased: w.erased, Registerer: w.registry, Log: w.log,
	})
	if err != nil {
		return nil, err
	}
	w.health.Add("processors", readiness("processors", p.Ready))
	return []part{{"processors", p.Run}}, nil
}

// erasuresPart keeps the list of the erased as the warehouse has it.
func erasuresPart(w wiring) part {
	return part{"list of the erased", func(ctx context.Context) error {
		return w.erased.Run(ctx, func(err error) {
			w.log.Warn("cannot read who was erased; the list stays as it was", "err", err)
		})
	}}
}
