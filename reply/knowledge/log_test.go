package knowledge

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"
	"askbuy/models/faq"
	"askbuy/schemas/event"
)

// replica is one of several that follow a log.
func replica(t *testing.T, c kafka.Config) *Log {
	t.Helper()
	admin, err := kafka.NewAdmin(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(admin.Close)
	producer, err := kafka.NewProducer(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = producer.Close(kafkatest.Context(t)) })
	l := &Log{Config: c, Admin: admin, Producer: producer, Set: mustSet(t, []faq.Entry{}), Log: slog.New(slog.DiscardHandler)}
	if err := l.CatchUp(kafkatest.Context(t)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l
}

func newTopic(t *testing.T) kafka.Config {
	t.Helper()
	brokers, _ := kafkatest.Broker(t)
	c := kafkatest.Config(brokers, 3)
	kafkatest.Topics(t, c, kafka.Topic{Name: c.Name(event.TopicKnowledge), Compacted: true, Retention: kafka.Keep})
	return c
}

// An approval is live on every replica, and one that starts later knows all.
func TestReplicas(t *testing.T) {
	c := newTopic(t)
	one, two := replica(t, c), replica(t, c)
	whole := mustSet(t, []faq.Entry{})
	for i := range 30 {
		who := one
		if i%2 == 1 {
			who = two
		}
		record := live("1", fmt.Sprint("e", i%20), strings.Repeat(string(rune(0x4e00+100*i)), 3)+"怎么用", fmt.Sprint("答", i))
		if err := who.Append(t.Context(), []Record{record, live("2", record.ID, "别的店", "别的")}); err != nil {
			t.Fatal(err)
		}
		whole.Apply(record)
		if got := who.Set.Nearest("1", record.Questions[0], 1); len(got) != 1 || got[0].Entry.Answer != record.Answer {
			t.Fatalf("who approved does not know it: %+v", got)
		}
	}
	kafkatest.Produce(t, c, kafka.Record{Topic: c.Name(event.TopicKnowledge), Key: []byte("x"), Value: []byte("{")}) // changes nothing
	want := whole.Version("1")
	kafkatest.Await(t, "both replicas", func(context.Context) (bool, error) {
		return one.Set.Version("1") == want && two.Set.Version("1") == want, nil
	})
	three := replica(t, c)
	if three.Set.Version("1") != want || len(three.Set.Shop("1").Entries) != 20 || len(three.Set.Shop("2").Entries) != 20 {
		t.Errorf("after a restart it knows %v", three.Set.Shop("1").Entries)
	}
}

func TestAppendFails(t *testing.T) {
	l := replica(t, newTopic(t))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := l.Append(ctx, []Record{live("1", "a", "b", "c")}); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := l.Append(t.Context(), []Record{{ShopID: "1", ID: "a", State: Live, Questions: make([]string, maxRecord)}}); err == nil {
		t.Error("a record beyond the bound is taken")
	}
}
