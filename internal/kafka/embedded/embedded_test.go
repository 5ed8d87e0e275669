package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/embedded"
	"askbuy/internal/kafka/kafkatest"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).read"),
		goleak.IgnoreAnyFunction("github.com/twmb/franz-go/pkg/kfake.(*clientConn).write"),
	)
}

func start(t *testing.T, o embedded.Options) *embedded.Broker {
	t.Helper()
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	b, err := embedded.Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop(t, b) })
	return b
}

func stop(t *testing.T, b *embedded.Broker) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Error(err)
	}
}

// Records, commits and topic ids outlive the broker, on the same address.
func TestRestartKeepsEverything(t *testing.T) {
	dir := t.TempDir()
	b := start(t, embedded.Options{Dir: dir})
	addr := b.Addr()
	c := kafka.EmbeddedConfig(b.Brokers())
	topics := []kafka.Topic{{Name: "in", Retention: time.Hour}, kafka.TableTopic("g")}
	before, err := kafka.EnsureTopics(kafkatest.Context(t), c, topics)
	if err != nil {
		t.Fatal(err)
	}
	kafkatest.Produce(t, c, kafka.Record{Topic: "in", Key: []byte("a"), Value: []byte("1")}, kafka.Record{Topic: "in", Key: []byte("b"), Value: []byte("2")})
	consume(t, c, 2)
	stop(t, b)

	b = start(t, embedded.Options{Dir: dir, Addr: addr})
	if b.Addr() != addr {
		t.Errorf("address moved from %s to %s", addr, b.Addr())
	}
	after, err := kafka.EnsureTopics(kafkatest.Context(t), c, topics)
	if err != nil || after["in"] != before["in"] || after["g-table"] != before["g-table"] {
		t.Errorf("topics: %v, before %v (%v)", after, before, err)
	}
	if got := len(kafkatest.Read(t, c, "in", 2)); got != 2 {
		t.Errorf("%d records", got)
	}
	if lag := lag(t, c); lag != 0 {
		t.Errorf("lag %d: the group's offsets are gone", lag)
	}
	var mismatch *kafka.MismatchError
	c.Partitions = 16
	if _, err := kafka.EnsureTopics(kafkatest.Context(t), c, topics); !errors.As(err, &mismatch) {
		t.Errorf("other partition count: %v", err)
	}
}

func consume(t *testing.T, c kafka.Config, n int) {
	t.Helper()
	consumer, err := kafka.NewConsumer(c, kafka.ConsumerOptions{Group: "g", Topics: []string{"in"}})
	if err != nil {
		t.Fatal(err)
	}
	defer consumer.Close()
	for n > 0 {
		batch, err := consumer.Poll(kafkatest.Context(t), n)
		if err != nil {
			t.Fatal(err)
		}
		if err := consumer.Commit(kafkatest.Context(t), batch); err != nil {
			t.Fatal(err)
		}
		n -= batch.Len()
		consumer.AllowRebalance()
	}
}

func lag(t *testing.T, c kafka.Config) int64 {
	t.Helper()
	a, err := kafka.NewAdmin(c)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	lags, err := a.Lag(kafkatest.Context(t), "g", "in")
	if err != nil {
		t.Fatal(err)
	}
	return lags["in"]
}

func TestDirectoryIsLocked(t *testing.T) {
	dir := t.TempDir()
	b := start(t, embedded.Options{Dir: dir})
	_, err := embedded.Start(embedded.Options{Dir: dir, Addr: "127.0.0.1:0"})
	if !errors.Is(err, embedded.ErrLocked) || !strings.Contains(err.Error(), "pid "+strconv.Itoa(os.Getpid())) {
		t.Errorf("got %v", err)
	}
	stop(t, b)
	start(t, embedded.Options{Dir: dir})
}

func TestBusyAddress(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := t.TempDir()
	_, err = embedded.Start(embedded.Options{Dir: dir, Addr: l.Addr().String()})
	if !errors.Is(err, embedded.ErrAddrInUse) || !strings.Contains(err.Error(), l.Addr().String()) {
		t.Errorf("got %v", err)
	}
	start(t, embedded.Options{Dir: dir}) // the lock was given back
}

func TestDirectoriesThatAreNotOurs(t *testing.T) {
	foreign, corrupt := t.TempDir(), t.TempDir()
	for path, content := range map[string]string{
		filepath.Join(foreign, "holiday.jpg"): "x",
		filepath.Join(corrupt, "meta.json"):   "{",
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, test := range []struct{ dir, addr, want string }{
		{foreign, "127.0.0.1:0", "holds holiday.jpg but no broker's data"},
		{corrupt, "127.0.0.1:0", "move it away to start empty"},
		{"", "127.0.0.1:0", "no directory"},
		{filepath.Join(foreign, "holiday.jpg", "sub"), "127.0.0.1:0", "choose a directory"},
		{t.TempDir(), "nonsense", "give host:port"},
		{t.TempDir(), "203.0.113.1:0", "listen as broker"},
	} {
		if _, err := embedded.Start(embedded.Options{Dir: test.dir, Addr: test.addr}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s on %s: got %v, want %q", test.dir, test.addr, err, test.want)
		}
	}
}

func TestListeningEverywhereAdvertisesAName(t *testing.T) {
	b := start(t, embedded.Options{Dir: t.TempDir(), Addr: "0.0.0.0:0"})
	if !strings.HasPrefix(b.Addr(), "127.0.0.1:") {
		t.Errorf("advertised %s", b.Addr())
	}
	c := kafka.EmbeddedConfig(b.Brokers())
	kafkatest.Topics(t, c, kafka.Topic{Name: "in", Retention: time.Hour})
	named := start(t, embedded.Options{Dir: t.TempDir(), Addr: "0.0.0.0:0", Advertise: "localhost"})
	if !strings.HasPrefix(named.Addr(), "localhost:") {
		t.Errorf("advertised %s", named.Addr())
	}
}

// Retention goes by arrival time, is applied when the ticker says so, and
// leaves compacted topics alone, live keys above all.
func TestRetention(t *testing.T) {
	ticks := make(chan time.Time)
	b := start(t, embedded.Options{Dir: t.TempDir(), Ticks: ticks})
	c := kafka.EmbeddedConfig(b.Brokers())
	c.Partitions = 1
	kafkatest.Topics(t, c, kafka.Topic{Name: "raw", Retention: time.Hour}, kafka.TableTopic("g"))
	old := time.Now().Add(-8 * 24 * time.Hour)
	for _, topic := range []string{"raw", "g-table"} {
		kafkatest.Produce(t, c,
			kafka.Record{Topic: topic, Key: []byte("old"), Time: old},
			kafka.Record{Topic: topic, Key: []byte("new")})
	}
	retain(t, b, ticks)
	a, err := kafka.NewAdmin(c)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	offsets, err := a.StartOffsets(kafkatest.Context(t), "raw", "g-table")
	if err != nil || offsets["raw"][0] != 1 || offsets["g-table"][0] != 0 {
		t.Errorf("start offsets %v (%v), want 1 and 0", offsets, err)
	}
}

// retain has a broker apply retention.
func retain(t *testing.T, b *embedded.Broker, ticks chan<- time.Time) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- b.Run(ctx) }()
	ticks <- time.Time{}
	ticks <- time.Time{} // the first was dealt with
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func TestOneWarning(t *testing.T) {
	var out bytes.Buffer
	b := start(t, embedded.Options{Dir: t.TempDir(), Log: slog.New(slog.NewTextHandler(&out, nil))})
	kafkatest.Topics(t, kafka.EmbeddedConfig(b.Brokers()), kafka.Topic{Name: "in", Retention: time.Hour})
	stop(t, b)
	if got := out.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=WARN") || !strings.Contains(got, "one machine") {
		t.Errorf("log:\n%s", got)
	}
}
