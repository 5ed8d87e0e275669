//go:build synctests

package bubble

import (
	"context"
	"errors"
	"time"

	"askbuy/internal/kafka"
	"askbuy/models/intent"
	"askbuy/processors"
	"askbuy/sinks"
)

// life is one process of a role, from its start to its crash. Nothing of it
// survives but what it wrote: to the broker, to the warehouse, to the spool.
type life struct {
	wire  *wire
	crash func() // ends it as kill -9 would, and waits until nothing of it runs
}

// lived runs a loop until it is ended. An error of its own ends the run.
func (w *world) lived(name string, cut *wire, run func(context.Context) error, release func()) *life {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := run(ctx); err != nil && !cut.isDead() {
			w.fail("%s stopped by itself: %v", name, err)
		}
	}()
	return &life{cut, func() {
		cut.cut(true)
		cancel()
		<-done
		release()
	}}
}

// sink is the life of a sink.
func (w *world) sink() *life {
	cut := &wire{net: &w.net}
	config := w.kafka(cut)
	consumer := must(sinks.NewConsumer(config, w.log))
	producer := must(kafka.NewProducer(config))
	c := sinks.DefaultConfig()
	c.RecentCopies = 16 // most repetitions are looked up
	c.StopGrace = 0     // a crash finishes nothing
	s := must(sinks.New(c, sinks.Deps{
		Source: consumer, Warehouse: w.warehouse, Letters: &sinks.Letters{Producer: producer, Config: config},
		Epochs: w.epochs(), Key: key, Log: w.log,
	}))
	return w.lived("sink", cut, s.Run, func() {
		consumer.Close()
		abandon(producer)
	})
}

// processors is the life of the three groups and the repairer.
func (w *world) processors() *life {
	cut := &wire{net: &w.net}
	config := processors.DefaultConfig()
	config.Kafka, config.Epochs, config.Key = w.kafka(cut), w.epochs(), key
	config.Kafka.Goka = reader(config.Kafka)
	config.Limits.Messages = w.plan.keptMessages
	config.RepairEvery = time.Second
	p := must(processors.New(config, processors.Deps{Models: processors.Only(intent.Default()), Facts: w.warehouse, Log: w.log}))
	return w.lived("processors", cut, p.Run, func() {})
}

// abandon closes a producer without waiting for its records.
func abandon(p *kafka.Producer) {
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(errors.New("crashed"))
	_ = p.Close(ctx)
}
