package pipeline

import (
	"errors"
	"fmt"

	"askbuy/ingest"
	"askbuy/internal/kafka"
)

// publisher is where the door puts its records.
type publisher interface {
	Start(r ingest.Record, then func(error))
}

// DoorPublisher is the door's way to the broker.
type DoorPublisher struct {
	Producer *kafka.Producer
	Config   kafka.Config
}

// Start begins to store a record; see kafka.Producer.
func (p DoorPublisher) Start(r ingest.Record, then func(error)) {
	headers := make([]kafka.Header, len(r.Headers))
	for i, h := range r.Headers {
		headers[i] = kafka.Header(h)
	}
	record := kafka.Record{Topic: p.Config.Name(r.Topic), Key: r.Key, Value: r.Value, Headers: headers, Time: r.Time}
	p.Producer.Start(record, func(err error) {
		switch {
		case errors.Is(err, kafka.ErrTooLarge):
			err = fmt.Errorf("%w: %w", ingest.ErrTooLarge, err)
		case errors.Is(err, kafka.ErrRefused):
			err = fmt.Errorf("%w: %w", ingest.ErrRefused, err)
		}
		then(err)
	})
}
