package pipeline

import (
	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/sinks"
)

// wiring is what the rooms share.
type wiring struct {
	*Pipeline
	kafka   kafka.Config
	db      *clickhouse.DB
	admin   *kafka.Admin
	epochs  map[string]int64
	infos   map[string]kafka.TopicInfo
	secrets secrets
}

// sinkParts carry topics into tables.
func sinkParts(w wiring) ([]part, error) {
	consumer, err := sinks.NewConsumer(w.kafka, w.log)
	if err != nil {
		return nil, err
	}
	w.onClose(func() error { consumer.Close(); return nil })
	producer, err := w.newProducer()
	if err != nil {
		return nil, err
	}
	config := sinks.DefaultConfig()
	config.Linger = w.config.SinkLinger
	sink, err := sinks.New(config, sinks.Deps{
		Source: consumer, Warehouse: sinks.NewWarehouse(w.db),
		Letters: &sinks.Letters{Producer: producer, Config: w.kafka},
		Offsets: &sinks.LogOffsets{Admin: w.admin, Config: w.kafka},
		Epochs:  w.epochs, Key: []byte(w.secrets.fingerprint),
		Registerer: w.registry, Log: w.log,
	})
	if err != nil {
		return nil, err
	}
	w.health.Add("sinks", readiness("sinks", sink.Ready))
	return []part{{"sinks", sink.Run}}, nil
}
