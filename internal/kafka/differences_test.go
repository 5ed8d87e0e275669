package kafka_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What only Kafka refuses. docs/brokers.md has this as a table; when a row here
// is no longer so, the page is wrong.
func TestConformanceDifferences(t *testing.T) {
	kafkatest.Each(t, 1, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		real := strings.HasSuffix(t.Name(), "/kafka")
		ctx := kafkatest.Context(t)
		kafkatest.Topics(t, c, kafka.Topic{Name: c.Name("raw"), Retention: time.Hour}, kafka.TableTopic(c.Name("g")))
		client, err := kgo.NewClient(c.ClientOptions()...)
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		admin := kadm.NewClient(client)
		create := func(name string, settings map[string]string) error {
			configs := map[string]*string{}
			for key, value := range settings {
				configs[key] = &value
			}
			_, err := admin.CreateTopic(ctx, 1, 1, configs, name)
			return err
		}
		p := producer(t, c)
		for what, d := range map[string]struct{ got, want error }{
			"a topic setting that is unknown":       {create(c.Name("a"), map[string]string{"no.such.setting": "1"}), kerr.InvalidConfig},
			"a retention that is no number":         {create(c.Name("b"), map[string]string{"retention.ms": "abc"}), kerr.InvalidConfig},
			"segments of less than 1 MiB":           {create(c.Name("c"), map[string]string{"segment.bytes": "65536"}), kerr.InvalidConfig},
			"a topic name with a space":             {create(c.Name("a b"), nil), kerr.InvalidTopicException},
			"a record without a key in a changelog": {p.Produce(ctx, kafka.Record{Topic: c.Name("g-table"), Value: []byte("v")}), kafka.ErrRefused},
			"a record of two hours from now":        {p.Produce(ctx, kafka.Record{Topic: c.Name("raw"), Key: []byte("k"), Time: time.Now().Add(2 * time.Hour)}), kafka.ErrRefused},
		} {
			if real && !errors.Is(d.got, d.want) {
				t.Errorf("%s: Kafka answers %v, want %v", what, d.got, d.want)
			}
			if !real && d.got != nil {
				t.Errorf("%s: kfake answers %v, which is new", what, d.got)
			}
		}
		stampedByTheBroker(t, c, admin, p, real)
	})
}

// Kafka can stamp records with their arrival; kfake ignores the setting. It is
// not needed: every record of ours carries its arrival.
func stampedByTheBroker(t *testing.T, c kafka.Config, admin *kadm.Client, p *kafka.Producer, real bool) {
	t.Helper()
	setting := "LogAppendTime"
	if _, err := admin.CreateTopic(kafkatest.Context(t), 1, 1, map[string]*string{"message.timestamp.type": &setting}, c.Name("stamped")); err != nil {
		t.Fatal(err)
	}
	given := time.Now().Add(-time.Minute).Truncate(time.Millisecond)
	if err := p.Produce(kafkatest.Context(t), kafka.Record{Topic: c.Name("stamped"), Key: []byte("k"), Time: given}); err != nil {
		t.Fatal(err)
	}
	if got := kafkatest.Read(t, c, c.Name("stamped"), 1)[0].Timestamp; got.Equal(given) == real {
		t.Errorf("a record of %v has the time %v", given, got)
	}
}
