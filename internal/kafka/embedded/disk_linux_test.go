package embedded_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/embedded"
	"askbuy/internal/kafka/kafkatest"
)

// A full disk ends the broker with an error that says so, and what was
// acknowledged before is there again once there is room.
func TestAFullDiskEndsTheBroker(t *testing.T) {
	dir := t.TempDir()
	b := start(t, embedded.Options{Dir: dir})
	c := kafka.EmbeddedConfig(b.Brokers())
	c.Partitions = 1
	kafkatest.Topics(t, c, kafka.Topic{Name: "in", Retention: time.Hour}, kafka.Topic{Name: "full", Retention: time.Hour})
	kafkatest.Produce(t, c, kafka.Record{Topic: "in"})
	partition := filepath.Join(dir, "partitions", "full-0")
	err := errors.Join(os.MkdirAll(partition, 0o700), os.Symlink("/dev/full", filepath.Join(partition, "0.dat")))
	if err != nil {
		t.Fatal(err)
	}
	p, err := kafka.NewProducer(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Produce(kafkatest.Context(t), kafka.Record{Topic: "full"}); err == nil || !kafka.Retriable(err) {
		t.Errorf("produced onto a full disk: %v", err)
	}
	if err := p.Close(kafkatest.Context(t)); err != nil {
		t.Error(err)
	}
	if err := b.Run(context.Background()); !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "free space") || !strings.Contains(err.Error(), dir) {
		t.Errorf("the broker ended with %v", err)
	}
	stop(t, b)
	if err := os.RemoveAll(partition); err != nil {
		t.Fatal(err)
	}
	b = start(t, embedded.Options{Dir: dir})
	c.Brokers = b.Brokers()
	kafkatest.Read(t, c, "in", 1)
	kafkatest.Produce(t, c, kafka.Record{Topic: "full"})
	if got := kafkatest.Read(t, c, "full", 1)[0].Offset; got != 0 {
		t.Errorf("the refused record left a gap: offset %d", got)
	}
}
