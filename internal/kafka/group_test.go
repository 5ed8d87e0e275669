package kafka_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/lovoo/goka"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Record 0's output is not acknowledged, those of the records after it are.
// Nothing may be committed then, and after a restart the output appears.
func TestCommitsInOrder(t *testing.T) {
	t.Parallel()
	c, cluster := groupRig(t, 1)
	graph := func() *goka.GroupGraph {
		return goka.DefineGroup("g", goka.Input("in", texts(), func(ctx goka.Context, message any) {
			ctx.Emit(goka.Stream(ctx.Key()), ctx.Key(), message)
		}), goka.Output("out", texts()), goka.Output("dead", texts()))
	}
	stuck := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "out", Err: kerr.NotLeaderForPartition, Count: -1})
	kafkatest.Produce(t, c, kafka.Record{Topic: "in", Key: []byte("out"), Value: []byte("m0")})
	for range 5 {
		kafkatest.Produce(t, c, kafka.Record{Topic: "in", Key: []byte("dead"), Value: []byte("m")})
	}
	p := run(t, c, graph(), quick())
	kafkatest.Read(t, c, "dead", 5)
	if err := stuck.Wait(kafkatest.Context(t), 1); err != nil {
		t.Fatal(err)
	}
	if err := p.stop(); err == nil {
		t.Error("stopped with an output given up, yet no error")
	}
	if n := committed(t, c); n != 0 {
		t.Fatalf("committed %d past a record that is not done", n)
	}
	stuck.Remove()
	run(t, c, graph(), quick())
	caughtUp(t, cluster, 6)
	if n := end(t, c, "out"); n != 1 {
		t.Errorf("%d outputs of record 0, want 1", n)
	}
}

// A table's record is not stored, and the process dies: the next processor
// must not meet a state that already has the record in it. On disk it does,
// which is why states skip the offsets they have seen.
func TestUnstoredStateIsNotCountedTwice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		disk  bool
		naive int
	}{{"memory", false, 1}, {"disk", true, 2}} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, cluster := groupRig(t, 1)
			o := quick()
			if test.disk {
				o.StateDir, o.TableID = t.TempDir(), cluster.TopicInfo("g-table").TopicID
			}
			stuck := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: "g-table", Err: kerr.NotLeaderForPartition, Count: -1})
			kafkatest.Produce(t, c, inputs(0, 1, 1)...)
			p := run(t, c, countingGroup(), o)
			if err := stuck.Wait(kafkatest.Context(t), 1); err != nil {
				t.Fatal(err)
			}
			_ = p.stop()
			stuck.Remove()
			p = run(t, c, countingGroup(), o)
			caughtUp(t, cluster, 1)
			if got := tableCounts(t, p, 1); got.exact != 1 || got.naive != test.naive {
				t.Errorf("counted %+v, want exact 1, naive %d", got, test.naive)
			}
		})
	}
}

// Three processes are cut off in the middle of their work, without goodbye;
// the fourth finds nothing lost and nothing counted twice.
func TestCrashesLoseNothing(t *testing.T) {
	t.Parallel()
	const keys, each = 20, 300
	c, cluster := groupRig(t, 4)
	o := quick()
	o.SessionTimeout = 500 * time.Millisecond
	total := 0
	for range 3 {
		w := &wire{}
		mortal := c
		mortal.Dial = w.dial
		p := run(t, mortal, countingGroup(), o)
		kafkatest.Produce(t, c, inputs(total, each, keys)...)
		total += each
		kafkatest.Read(t, c, "out", total-each/2)
		w.cut()
		go func() { _ = p.stop() }() // its last breath may take a while
	}
	p := run(t, c, countingGroup(), quick())
	caughtUp(t, cluster, int64(total))
	if got := tableCounts(t, p, keys); got.exact != total {
		t.Errorf("counted %d, want %d", got.exact, total)
	}
	everyInputIsOut(t, c, total)
}

// The broker is away for a while; the processor waits and goes on.
func TestOutageIsWaitedOut(t *testing.T) {
	t.Parallel()
	c, cluster := groupRig(t, 2)
	w := &wire{}
	flaky := c
	flaky.Dial = w.dial
	o := quick()
	o.SessionTimeout = 500 * time.Millisecond
	run(t, flaky, countingGroup(), o)
	kafkatest.Produce(t, c, inputs(0, 10, 5)...)
	caughtUp(t, cluster, 10)
	w.cut()
	_, err := cluster.WaitGroupInfo(kafkatest.Context(t), "g", func(g *kfake.GroupInfo) bool { return g != nil && len(g.Members) == 0 })
	if err != nil {
		t.Fatalf("wait for the member to be given up: %v", err)
	}
	kafkatest.Produce(t, c, inputs(10, 10, 5)...)
	w.mend()
	caughtUp(t, cluster, 20)
	everyInputIsOut(t, c, 20)
}

// Two processors share the partitions, one leaves, all while records flow.
func TestRebalanceKeepsCountsExact(t *testing.T) {
	t.Parallel()
	const keys, each = 40, 400
	c, cluster := groupRig(t, 4)
	ctx := kafkatest.Context(t)
	first := run(t, c, countingGroup(), quick())
	kafkatest.Produce(t, c, inputs(0, each, keys)...)
	second := run(t, c, countingGroup(), quick())
	kafkatest.Produce(t, c, inputs(each, each, keys)...)
	g, err := cluster.WaitGroupStable(ctx, "g", 2)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range g.Members {
		if m.NumAssigned() != 2 {
			t.Errorf("member %s has %d partitions, want 2", m.MemberID, m.NumAssigned())
		}
	}
	caughtUp(t, cluster, 2*each)
	kafkatest.Produce(t, c, inputs(2*each, each, keys)...)
	if err := first.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	kafkatest.Produce(t, c, inputs(3*each, each, keys)...)
	caughtUp(t, cluster, 4*each)
	if err := second.WaitForReadyContext(ctx); err != nil {
		t.Fatal(err)
	}
	if got := tableCounts(t, second, keys); got.exact != 4*each {
		t.Errorf("counted %+v, want %d", got, 4*each)
	}
	everyInputIsOut(t, c, 4*each)
}

func TestPoisonIsBuried(t *testing.T) {
	t.Parallel()
	c, cluster := groupRig(t, 1)
	run(t, c, countingGroup(), quick())
	kafkatest.Produce(t, c,
		kafka.Record{Topic: "in", Key: []byte("k0"), Value: []byte("!bad")},
		kafka.Record{Topic: "in", Key: []byte("k0")}, // a record without a value
		kafka.Record{Topic: "in", Key: []byte("k0"), Value: []byte("m0")})
	caughtUp(t, cluster, 3)
	dead := kafkatest.Read(t, c, "dead", 2)
	if string(dead[0].Value) != "!bad" || len(dead[1].Value) != 0 {
		t.Errorf("dead letters %q, %q", dead[0].Value, dead[1].Value)
	}
	everyInputIsOut(t, c, 1)
}

func TestGuardStopsAtAMisplacedRecord(t *testing.T) {
	t.Parallel()
	c, _ := groupRig(t, 4)
	foreign, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer foreign.Close()
	wrong := (kafka.Partition([]byte("secret"), 4) + 1) % 4
	if err := foreign.ProduceSync(context.Background(), &kgo.Record{Topic: "in", Key: []byte("secret"), Value: []byte("m0"), Partition: wrong}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	p := run(t, c, countingGroup(), quick())
	<-p.Done()
	err = p.stop()
	if err == nil || !strings.Contains(err.Error(), "not in its key's partition: topic in, key of 6 bytes") || strings.Contains(err.Error(), "secret") {
		t.Errorf("stopped with %v", err)
	}
	if n := committed(t, c); n != 0 {
		t.Errorf("committed %d", n)
	}
}

func TestTableTopicIsNotGokasToCreate(t *testing.T) {
	t.Parallel()
	brokers, cluster := kafkatest.Broker(t)
	c := kafkatest.Config(brokers, 1)
	kafkatest.Topics(t, c, kafka.Topic{Name: "in", Retention: kafka.Keep})
	_, err := goka.NewProcessor(brokers, countingGroup(), kafka.ProcessorOptions(c, quick())...)
	if err == nil || !strings.Contains(err.Error(), "EnsureTopics") {
		t.Errorf("got %v", err)
	}
	if cluster.TopicInfo("g-table") != nil {
		t.Error("the topic was created with settings nobody chose")
	}
}
