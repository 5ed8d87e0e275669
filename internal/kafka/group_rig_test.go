package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kfake"
)

// count is the table of the tests' group: how many records a key had, in two
// ways. naive counts callbacks, exact skips offsets that it has seen.
type count struct {
	naive, exact int
	last         int64
}

func counts() kafka.Codec[count] {
	return kafka.NewCodec(
		func(c count) ([]byte, error) { return fmt.Appendf(nil, "%d %d %d", c.naive, c.exact, c.last), nil },
		func(b []byte) (c count, err error) {
			_, err = fmt.Sscanf(string(b), "%d %d %d", &c.naive, &c.exact, &c.last)
			return c, err
		})
}

func texts() kafka.Codec[string] {
	return kafka.NewCodec(
		func(s string) ([]byte, error) { return []byte(s), nil },
		func(b []byte) (string, error) {
			if strings.HasPrefix(string(b), "!") {
				return "", errors.New("begins with !")
			}
			return string(b), nil
		})
}

// counting counts records of "in" by key and says each count to "out"; what it
// cannot read goes to "dead".
func counting(c kafka.Config) goka.ProcessCallback {
	return func(ctx goka.Context, message any) {
		if p, ok := message.(*kafka.Poison); ok {
			ctx.Emit(stream(c, "dead"), ctx.Key(), p)
			return
		}
		state, ok := ctx.Value().(count)
		if !ok {
			state.last = -1
		}
		state.naive++
		if ctx.Offset() > state.last {
			state.exact++
			state.last = ctx.Offset()
		}
		ctx.SetValue(state)
		ctx.Emit(stream(c, "out"), ctx.Key(), message.(string)+" "+strconv.Itoa(state.exact))
	}
}

func stream(c kafka.Config, name string) goka.Stream { return goka.Stream(c.Name(name)) }

func countingGroup(c kafka.Config) *goka.GroupGraph {
	return goka.DefineGroup(goka.Group(c.Name("g")),
		goka.Input(stream(c, "in"), texts(), counting(c)),
		goka.Output(stream(c, "out"), texts()), goka.Output(stream(c, "dead"), texts()),
		goka.Persist(counts()))
}

// groupTopics makes the counting group's topics.
func groupTopics(t testing.TB, c kafka.Config) map[string]kafka.TopicInfo {
	t.Helper()
	infos, err := kafka.EnsureTopics(kafkatest.Context(t), c, []kafka.Topic{
		{Name: c.Name("in"), Retention: time.Hour}, {Name: c.Name("out"), Retention: time.Hour},
		{Name: c.Name("dead"), Retention: time.Hour}, kafka.TableTopic(c.Name("g")),
	})
	if err != nil {
		t.Fatalf("create topics: %v", err)
	}
	return infos
}

// groupRig is a broker whose faults a test commands, with the group's topics.
func groupRig(t *testing.T, partitions int32, opts ...kfake.Opt) (kafka.Config, *kfake.Cluster) {
	t.Helper()
	brokers, cluster := kafkatest.Broker(t, opts...)
	c := kafkatest.Config(brokers, partitions)
	groupTopics(t, c)
	return c, cluster
}

// running is a processor that runs.
type running struct {
	*goka.Processor
	stop func() error
}

func quick(c kafka.Config) kafka.GroupOptions {
	return kafka.GroupOptions{
		Group: c.Name("g"), SessionTimeout: 2 * time.Second, Heartbeat: 20 * time.Millisecond, StopGrace: 10 * time.Millisecond,
	}
}

func run(t *testing.T, c kafka.Config, graph *goka.GroupGraph, o kafka.GroupOptions) running {
	t.Helper()
	p, err := goka.NewProcessor(c.Brokers, graph, kafka.ProcessorOptions(c, o)...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	r := running{Processor: p, stop: sync.OnceValue(func() error { cancel(); return <-done })}
	t.Cleanup(func() { _ = r.stop() })
	if err := p.WaitForReadyContext(kafkatest.Context(t)); err != nil {
		t.Fatal(err)
	}
	return r
}

// committed is the group's position in "in", summed over partitions.
func committed(t *testing.T, c kafka.Config) (n int64) {
	t.Helper()
	a, err := kafka.NewAdmin(c)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	offsets, err := a.CommittedOffsets(kafkatest.Context(t), c.Name("g"))
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range offsets[c.Name("in")] {
		n += o
	}
	return n
}

// caughtUp waits until the group has committed n records.
func caughtUp(t testing.TB, c kafka.Config, n int) {
	t.Helper()
	kafkatest.Committed(t, c, "g", "in", int64(n))
}

// inputs are n records over some keys; the value tells them apart.
func inputs(c kafka.Config, from, n, keys int) (records []kafka.Record) {
	for i := from; i < from+n; i++ {
		records = append(records, kafka.Record{Topic: c.Name("in"), Key: fmt.Appendf(nil, "k%d", i%keys), Value: fmt.Appendf(nil, "m%d", i)})
	}
	return records
}

// everyInputIsOut checks that each of the first n inputs has an output, and
// that the outputs of a key never say a smaller count than the newest did.
func everyInputIsOut(t *testing.T, c kafka.Config, n int) {
	t.Helper()
	seen := map[string]bool{}
	for _, r := range kafkatest.Read(t, c, c.Name("out"), int(end(t, c, c.Name("out")))) {
		message, _, _ := strings.Cut(string(r.Value), " ")
		seen[message] = true
	}
	for i := range n {
		if !seen["m"+strconv.Itoa(i)] {
			t.Errorf("input m%d has no output", i)
		}
	}
}

// tableCounts reads the exact counts from a running processor.
func tableCounts(t *testing.T, p running, keys int) (sum count) {
	t.Helper()
	for i := range keys {
		v, err := p.Get("k" + strconv.Itoa(i))
		if err != nil {
			t.Fatal(err)
		}
		if v != nil {
			sum.exact += v.(count).exact
			sum.naive += v.(count).naive
		}
	}
	return sum
}

// wire is a network that can be cut, as by kill -9 or a pulled cable.
type wire struct {
	mu    sync.Mutex
	down  bool
	conns []net.Conn
}

func (w *wire) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.down {
		return nil, errors.New("the wire is cut")
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
	if err == nil {
		w.conns = append(w.conns, conn)
	}
	return conn, err
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for _, c := range w.conns {
		_ = c.Close()
	}
	w.conns = nil
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}
