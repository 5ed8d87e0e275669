package kafka_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

func TestEnsureTopicsIsIdempotentAndRaceSafe(t *testing.T) {
	t.Parallel()
	brokers, _ := kafkatest.Broker(t)
	c := kafkatest.Config(brokers, 3)
	topics := []kafka.Topic{
		{Name: "a", Retention: 30 * 24 * time.Hour},
		{Name: "b", Retention: kafka.Keep, Compacted: true},
		kafka.TableTopic("g"),
	}
	var first map[string]kafka.TopicInfo
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			infos, err := kafka.EnsureTopics(kafkatest.Context(t), c, topics)
			if err != nil {
				t.Error(err)
				return
			}
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = infos
			}
			for _, name := range []string{"a", "b", "g-table"} {
				if infos[name] != first[name] || infos[name].Partitions != 3 || infos[name].ID == [16]byte{} {
					t.Errorf("%s: %+v", name, infos[name])
				}
			}
		})
	}
	all.Wait()
	for topic, want := range map[string]map[string]string{
		"a":       {"cleanup.policy": "delete", "retention.ms": "2592000000", "max.message.bytes": "2097152"},
		"b":       {"cleanup.policy": "compact", "retention.ms": "-1"},
		"g-table": {"cleanup.policy": "compact", "retention.ms": "-1"},
	} {
		for key, value := range want {
			if got := setting(t, c, topic, key); got != value {
				t.Errorf("%s %s: %s, want %s", topic, key, got, value)
			}
		}
	}
}

func setting(t *testing.T, c kafka.Config, topic, key string) string {
	t.Helper()
	client, err := kgo.NewClient(c.ClientOptions()...)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	settings, err := kadm.NewClient(client).DescribeTopicConfigs(kafkatest.Context(t), topic)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range settings[0].Configs {
		if entry.Key == key {
			return entry.MaybeValue()
		}
	}
	return ""
}

func TestEnsureTopicsMismatch(t *testing.T) {
	t.Parallel()
	brokers, _ := kafkatest.Broker(t)
	kafkatest.Topics(t, kafkatest.Config(brokers, 4), kafka.Topic{Name: "a", Retention: time.Hour})
	var mismatch *kafka.MismatchError

	_, err := kafka.EnsureTopics(kafkatest.Context(t), kafkatest.Config(brokers, 16), []kafka.Topic{{Name: "a", Retention: time.Hour}})
	if !errors.As(err, &mismatch) || mismatch.Field != "partitions" || !strings.Contains(err.Error(), "choose another prefix and run askbuy replay --refill-topics") {
		t.Errorf("partitions: %v", err)
	}
	_, err = kafka.EnsureTopics(kafkatest.Context(t), kafkatest.Config(brokers, 4), []kafka.Topic{{Name: "a", Compacted: true, Retention: kafka.Keep}})
	if !errors.As(err, &mismatch) || mismatch.Field != "cleanup.policy" {
		t.Errorf("clean-up: %v", err)
	}
	_, err = kafka.EnsureTopics(kafkatest.Context(t), kafkatest.Config(brokers, 4), []kafka.Topic{{Name: "a", Retention: 2 * time.Hour}})
	if err != nil {
		t.Errorf("retention is the operator's: %v", err)
	}
}

func TestEnsureTopicsRefusesNonsense(t *testing.T) {
	t.Parallel()
	brokers, _ := kafkatest.Broker(t)
	for _, topics := range [][]kafka.Topic{
		{{Name: "", Retention: kafka.Keep}},
		{{Name: "a b", Retention: kafka.Keep}},
		{{Name: "a"}}, // no retention
		{{Name: "a", Retention: time.Hour}, {Name: "a", Retention: kafka.Keep}},
	} {
		if _, err := kafka.EnsureTopics(kafkatest.Context(t), kafkatest.Config(brokers, 4), topics); err == nil {
			t.Errorf("%+v passed", topics)
		}
	}
}

func TestOffsetsAndLag(t *testing.T) {
	t.Parallel()
	brokers, cluster := kafkatest.Broker(t)
	c := kafkatest.Config(brokers, 2)
	kafkatest.Topics(t, c, kafka.Topic{Name: "a", Retention: time.Hour})
	for range 5 {
		kafkatest.Produce(t, c, kafka.Record{Topic: "a", Key: []byte("k")})
	}
	home := kafka.Partition([]byte("k"), 2)
	if err := cluster.DeleteRecords("a", home, 1); err != nil {
		t.Fatal(err)
	}
	a, err := kafka.NewAdmin(c)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	ctx := kafkatest.Context(t)
	start, err := a.StartOffsets(ctx, "a")
	if err != nil || start["a"][home] != 1 || start["a"][1-home] != 0 {
		t.Errorf("start: %v %v", start, err)
	}
	end, err := a.EndOffsets(ctx, "a")
	if err != nil || end["a"][home] != 5 || len(end["a"]) != 2 {
		t.Errorf("end: %v %v", end, err)
	}
	if committed, err := a.CommittedOffsets(ctx, "nobody"); err != nil || len(committed) != 0 {
		t.Errorf("a group that never was: %v %v", committed, err)
	}
	if lag, err := a.Lag(ctx, "nobody", "a"); err != nil || lag["a"] != 4 {
		t.Errorf("lag of nobody: %v %v", lag, err)
	}
	if _, err := a.EndOffsets(ctx, "a", "absent"); err == nil {
		t.Error("a topic that is not there has end offsets")
	}
	if err := a.Ping(ctx); err != nil {
		t.Error(err)
	}
}

func TestPingNamesTheNextStep(t *testing.T) {
	t.Parallel()
	brokers, cluster := kafkatest.Broker(t)
	cluster.Close()
	a, err := kafka.NewAdmin(kafkatest.Config(brokers, 2))
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	if err := a.Ping(kafkatest.Context(t)); err == nil || !strings.Contains(err.Error(), "ASKBUY_KAFKA_BROKERS") {
		t.Errorf("got %v", err)
	}
}
