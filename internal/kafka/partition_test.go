package kafka_test

import (
	"fmt"
	"testing"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/lovoo/goka/codec"
	"github.com/twmb/franz-go/pkg/kgo"
	"pgregory.net/rapid"
)

// The vectors of the JVM client's own test of murmur2.
var jvmVectors = map[string]int32{
	"21":                         -973932308,
	"foobar":                     -790332482,
	"a-little-bit-long-string":   -985981536,
	"a-little-bit-longer-string": -1486304829,
	"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8": -58897971,
	"abc": 479470107,
}

func TestHashIsTheJVMs(t *testing.T) {
	t.Parallel()
	for key, signed := range jvmVectors {
		if got, want := kafka.Hash([]byte(key)), uint32(signed)&0x7fffffff; got != want {
			t.Errorf("%q: %d, want %d", key, got, want)
		}
	}
}

func TestHasherIsHash(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SliceOf(rapid.Byte()).Draw(t, "a"), rapid.SliceOf(rapid.Byte()).Draw(t, "b")
		h := kafka.NewHasher()
		h.Write([]byte("earlier"))
		h.Reset()
		h.Write(a)
		h.Write(b)
		whole := append(append([]byte{}, a...), b...)
		if h.Sum32() != kafka.Hash(whole) {
			t.Fatalf("hasher %d, hash %d", h.Sum32(), kafka.Hash(whole))
		}
		n := rapid.Int32Range(1, 1024).Draw(t, "n")
		if p := kafka.Partition(whole, n); p < 0 || p >= n {
			t.Fatalf("partition %d of %d", p, n)
		}
		if err := kafka.Placed("t", string(whole), kafka.Partition(whole, n), n); err != nil {
			t.Fatal(err)
		}
	})
}

// Every client of this process, and goka's own emitter, must agree: a table
// record beside its input's partition is lost at the next restart.
func TestConformanceClientsAgree(t *testing.T) {
	const keys, partitions = 1000, 16
	kafkatest.Each(t, partitions, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		kafkatest.Topics(t, c, kafka.Topic{Name: c.Name("emitted"), Retention: kafka.Keep}, kafka.Topic{Name: c.Name("produced"), Retention: kafka.Keep})

		emitter, err := goka.NewEmitter(c.Brokers, stream(c, "emitted"), new(codec.String), goka.WithEmitterHasher(kafka.NewHasher))
		if err != nil {
			t.Fatal(err)
		}
		var records []kafka.Record
		bySarama := sarama.NewCustomHashPartitioner(kafka.NewHasher)("any")
		byFranz := kafka.Partitioner().ForTopic("any")
		byDefault := kgo.StickyKeyPartitioner(nil).ForTopic("any")
		for i := range keys {
			key := fmt.Sprintf("%d:店%d-u%d", i%7, i%7, i*i)
			if _, err := emitter.Emit(key, "v"); err != nil {
				t.Fatal(err)
			}
			records = append(records, kafka.Record{Topic: c.Name("produced"), Key: []byte(key), Value: []byte("v")})
			want := kafka.Partition([]byte(key), partitions)
			got, err := bySarama.Partition(&sarama.ProducerMessage{Key: sarama.StringEncoder(key)}, partitions)
			if err != nil || got != want {
				t.Fatalf("sarama: partition %d (%v), want %d", got, err, want)
			}
			for _, p := range []kgo.TopicPartitioner{byFranz, byDefault} {
				if got := int32(p.Partition(&kgo.Record{Key: []byte(key)}, partitions)); got != want {
					t.Fatalf("franz-go: partition %d, want %d", got, want)
				}
			}
		}
		if err := emitter.Finish(); err != nil {
			t.Fatal(err)
		}
		kafkatest.Produce(t, c, records...)
		for _, topic := range []string{c.Name("emitted"), c.Name("produced")} {
			for _, r := range kafkatest.Read(t, c, topic, keys) {
				if want := kafka.Partition(r.Key, partitions); r.Partition != want {
					t.Fatalf("%s: %q in partition %d, want %d", topic, r.Key, r.Partition, want)
				}
			}
		}
	})
}
