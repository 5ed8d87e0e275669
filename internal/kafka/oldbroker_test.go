package kafka_test

import (
	"testing"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"
)

// Every client of this process gets on with brokers that speak an old protocol:
// topics, producer, Goka's clients, consumer.
func TestOldBrokers(t *testing.T) {
	t.Parallel()
	for name, versions := range map[string]*kversion.Versions{"2.4": kversion.V2_4_0(), "3.6": kversion.V3_6_0()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, _ := groupRig(t, 2, kfake.MaxVersions(versions))
			run(t, c, countingGroup(c), quick(c))
			kafkatest.Produce(t, c, inputs(c, 0, 30, 5)...)
			caughtUp(t, c, 30)
			everyInputIsOut(t, c, 30)
			sink, err := kafka.NewConsumer(c, kafka.ConsumerOptions{Group: c.Name("sink"), Topics: []string{c.Name("in")}})
			if err != nil {
				t.Fatal(err)
			}
			defer sink.Close()
			for n := 0; n < 30; {
				batch := poll(t, sink, 30)
				if err := sink.Commit(kafkatest.Context(t), batch); err != nil {
					t.Fatal(err)
				}
				n += batch.Len()
				sink.AllowRebalance()
			}
		})
	}
}
