package kafka

import (
	"errors"
	"fmt"

	"github.com/lovoo/goka"
)

// ErrMisplaced: a record stands in a partition that is not its key's. Some
// producer uses another partitioner, and state kept under such a key would be
// lost at the next restart, silently.
var ErrMisplaced = errors.New("record is not in its key's partition")

// Placed checks that a record's key belongs where the record was found. It
// names the topic and the length of the key, never the key.
func Placed(topic, key string, partition, partitions int32) error {
	want := partitionOfString(key, partitions)
	if want == partition {
		return nil
	}
	return fmt.Errorf("%w: topic %s, key of %d bytes, partition %d, should be %d of %d; "+
		"every producer must place keys by Kafka's murmur2: find the one that does not, then choose another prefix and run askbuy replay --refill-topics",
		ErrMisplaced, topic, len(key), partition, want, partitions)
}

// Guard stops a Goka processor at the first misplaced record. As a context
// wrapper it sees every message and visit before the callback does.
func Guard(partitions int32) func(goka.Context) goka.Context {
	return func(ctx goka.Context) goka.Context {
		if err := Placed(string(ctx.Topic()), ctx.Key(), ctx.Partition(), partitions); err != nil {
			ctx.Fail(err)
		}
		return ctx
	}
}
