package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/go-json-experiment/json"

	"askbuy/ingest"
	"askbuy/ingest/spool"
	"askbuy/internal/kafka"
	"askbuy/schemas/event"
)

// SpooledLetter is a dead letter that the broker refused in its turn: it is on
// the door's disk alone. Its bytes are still sealed.
type SpooledLetter struct {
	event.DeadLetter
	Size int // bytes of the record
}

// SpooledLetters lists them, the oldest first, and counts what of the file
// cannot be read.
func SpooledLetters(c Config) (letters []SpooledLetter, unreadable int, err error) {
	unreadable, err = spool.ReadRefused(spoolDir(c), func(r ingest.Record) error {
		letters = append(letters, spooledLetter(r))
		return nil
	})
	return letters, unreadable, err
}

func spooledLetter(r ingest.Record) SpooledLetter {
	l := SpooledLetter{Size: len(r.Value)}
	if err := json.Unmarshal(r.Value, &l.DeadLetter); err != nil { // the door writes nothing else there
		l.DeadLetter = event.DeadLetter{ID: string(r.Key), Detail: "no letter: " + err.Error(), ReceivedAt: r.Time.UnixMilli()}
	}
	return l
}

// RequeueSpooled produces them to the dead letters, from where they go on as
// any other letter, and forgets them once the broker has them all. To do it
// again is safe: a letter has one id.
func RequeueSpooled(ctx context.Context, c Config) (sent, unreadable int, err error) {
	k, err := Broker(c)
	if err != nil {
		return 0, 0, err
	}
	producer, err := kafka.NewProducer(k)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, producer.Close(ctx)) }()
	unreadable, err = spool.TakeRefused(spoolDir(c), func(r ingest.Record) error {
		stored := make(chan error, 1)
		DoorPublisher{producer, k}.Start(r, func(err error) { stored <- err })
		select {
		case err = <-stored:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return fmt.Errorf("produce letter %s to %s: %w: raise the topic's max.message.bytes and see that the broker is well; all letters stay in the file", r.Key, r.Topic, err)
		}
		sent++
		return nil
	})
	return sent, unreadable, err
}

// spoolDir is where the door's spool is.
func spoolDir(c Config) string { return filepath.Join(c.DataDir, "spool") }
