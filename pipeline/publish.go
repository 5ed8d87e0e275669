package pipeline

import (
	"errors"
	"fmt"

	"askbuy/ingest"
	"askbuy/internal/kafka"
)

// doorProducer is the door's way to the broker.
type doorProducer struct {
	producer *kafka.Producer
	config   kafka.Config
}

// Start begins to store a record; see kafka.Producer.
func (p doorProducer) Start(r ingest.Record, then func(error)) {
	headers := make([]kafka.Header, len(r.Headers))
	for i, h := range r.Headers {
		headers[i] = kafka.Header(h)
	}
	record := kafka.Record{Topic: p.config.Name(r.Topic), Key: r.Key, Value: r.Value, Headers: headers, Time: r.Time}
	p.producer.Start(record, func(err error) {
		if errors.Is(err, kafka.ErrTooLarge) {
			err = fmt.Errorf("%w: %w", ingest.ErrTooLarge, err)
		}
		then(err)
	})
}
