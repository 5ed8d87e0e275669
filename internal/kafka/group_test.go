package kafka_test

import (
	"context"
	"fmt"
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

// sorting sends each record to the topic that its key names.
func sorting(c kafka.Config) *goka.GroupGraph {
	return goka.DefineGroup(goka.Group(c.Name("g")), goka.Input(stream(c, "in"), texts(), func(ctx goka.Context, message any) {
		ctx.Emit(stream(c, ctx.Key()), ctx.Key(), message)
	}), goka.Output(stream(c, "out"), texts()), goka.Output(stream(c, "dead"), texts()))
}

// Record 0's output is not acknowledged, those of the records after it are.
// Nothing may be committed then, and after a restart the output appears.
func TestCommitsInOrder(t *testing.T) {
	t.Parallel()
	c, cluster := groupRig(t, 1)
	stuck := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: c.Name("out"), Err: kerr.NotLeaderForPartition, Count: -1})
	toOutThenDead(t, c)
	p := run(t, c, sorting(c), quick(c))
	kafkatest.Read(t, c, c.Name("dead"), 5)
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
	run(t, c, sorting(c), quick(c))
	caughtUp(t, c, 6)
	if n := end(t, c, c.Name("out")); n != 1 {
		t.Errorf("%d outputs of record 0, want 1", n)
	}
}

// The same where no fault can be commanded: the topic of record 0's output is
// not there, and the processor gives up after it has asked for it some times.
func TestConformanceCommitsInOrder(t *testing.T) {
	kafkatest.Each(t, 1, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		kafkatest.Topics(t, c, kafka.Topic{Name: c.Name("in"), Retention: time.Hour}, kafka.Topic{Name: c.Name("dead"), Retention: time.Hour})
		toOutThenDead(t, c)
		p := run(t, c, sorting(c), quick(c))
		<-p.Done()
		if err := p.stop(); err == nil || !strings.Contains(err.Error(), c.Name("out")) {
			t.Errorf("an output without a topic: %v", err)
		}
		if n := end(t, c, c.Name("dead")); n != 5 {
			t.Errorf("%d later outputs are acknowledged, want 5: nothing was tested", n)
		}
		if n := committed(t, c); n != 0 {
			t.Fatalf("committed %d past a record that is not done", n)
		}
		kafkatest.Topics(t, c, kafka.Topic{Name: c.Name("out"), Retention: time.Hour})
		run(t, c, sorting(c), quick(c))
		caughtUp(t, c, 6)
		if n := end(t, c, c.Name("out")); n != 1 {
			t.Errorf("%d outputs of record 0, want 1", n)
		}
	})
}

func toOutThenDead(t *testing.T, c kafka.Config) {
	t.Helper()
	records := []kafka.Record{{Topic: c.Name("in"), Key: []byte("out"), Value: []byte("m0")}}
	for range 5 {
		records = append(records, kafka.Record{Topic: c.Name("in"), Key: []byte("dead"), Value: []byte("m")})
	}
	kafkatest.Produce(t, c, records...)
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
			o := quick(c)
			table := c.Name("g-table")
			if test.disk {
				o.StateDir, o.TableID = t.TempDir(), cluster.TopicInfo(table).TopicID
			}
			stuck := cluster.Fault(kfake.Fault{Keys: []kmsg.Key{kmsg.Produce}, Topic: table, Err: kerr.NotLeaderForPartition, Count: -1})
			kafkatest.Produce(t, c, inputs(c, 0, 1, 1)...)
			p := run(t, c, countingGroup(c), o)
			if err := stuck.Wait(kafkatest.Context(t), 1); err != nil {
				t.Fatal(err)
			}
			_ = p.stop()
			stuck.Remove()
			p = run(t, c, countingGroup(c), o)
			caughtUp(t, c, 1)
			if got := tableCounts(t, p, 1); got.exact != 1 || got.naive != test.naive {
				t.Errorf("counted %+v, want exact 1, naive %d", got, test.naive)
			}
		})
	}
}

// Three processes are cut off in the middle of their work, without goodbye;
// the fourth finds nothing lost and nothing counted twice.
func TestConformanceCrashesLoseNothing(t *testing.T) {
	kafkatest.Each(t, 4, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		const keys, each = 20, 300
		groupTopics(t, c)
		o := quick(c)
		o.SessionTimeout = 500 * time.Millisecond
		total := 0
		for range 3 {
			w := &wire{}
			mortal := c
			mortal.Dial = w.dial
			p := run(t, mortal, countingGroup(c), o)
			kafkatest.Produce(t, c, inputs(c, total, each, keys)...)
			total += each
			kafkatest.Read(t, c, c.Name("out"), total-each/2)
			w.cut()
			go func() { _ = p.stop() }() // its last breath may take a while
		}
		p := run(t, c, countingGroup(c), quick(c))
		caughtUp(t, c, total)
		got := tableCounts(t, p, keys)
		if got.exact != total {
			t.Errorf("counted %d, want %d", got.exact, total)
		}
		everyInputIsOut(t, c, total)
		t.Logf("counted: 3 kills, %d events, %d lost, %d counted twice", total, max(0, total-got.exact), max(0, got.exact-total))
	})
}

// The broker is away for a while; the processor waits and goes on.
func TestConformanceOutageIsWaitedOut(t *testing.T) {
	kafkatest.Each(t, 2, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		groupTopics(t, c)
		w := &wire{}
		flaky := c
		flaky.Dial = w.dial
		o := quick(c)
		o.SessionTimeout = 500 * time.Millisecond
		run(t, flaky, countingGroup(c), o)
		kafkatest.Produce(t, c, inputs(c, 0, 10, 5)...)
		caughtUp(t, c, 10)
		w.cut()
		kafkatest.Members(t, c, "g", 0)
		kafkatest.Produce(t, c, inputs(c, 10, 10, 5)...)
		w.mend()
		caughtUp(t, c, 20)
		everyInputIsOut(t, c, 20)
	})
}

// Two processors share the partitions, one leaves, all while records flow.
func TestConformanceRebalanceKeepsCountsExact(t *testing.T) {
	kafkatest.Each(t, 4, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		const keys, each = 40, 400
		groupTopics(t, c)
		first := run(t, c, countingGroup(c), quick(c))
		kafkatest.Produce(t, c, inputs(c, 0, each, keys)...)
		second := run(t, c, countingGroup(c), quick(c))
		kafkatest.Produce(t, c, inputs(c, each, each, keys)...)
		if assigned := kafkatest.Members(t, c, "g", 2); fmt.Sprint(assigned) != "[2 2]" {
			t.Errorf("two members have %v partitions, want 2 each", assigned)
		}
		caughtUp(t, c, 2*each)
		kafkatest.Produce(t, c, inputs(c, 2*each, each, keys)...)
		if err := first.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		kafkatest.Produce(t, c, inputs(c, 3*each, each, keys)...)
		caughtUp(t, c, 4*each)
		if err := second.WaitForReadyContext(kafkatest.Context(t)); err != nil {
			t.Fatal(err)
		}
		if got := tableCounts(t, second, keys); got.exact != 4*each {
			t.Errorf("counted %+v, want %d", got, 4*each)
		}
		everyInputIsOut(t, c, 4*each)
	})
}

func TestConformancePoisonIsBuried(t *testing.T) {
	kafkatest.Each(t, 1, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		groupTopics(t, c)
		run(t, c, countingGroup(c), quick(c))
		kafkatest.Produce(t, c,
			kafka.Record{Topic: c.Name("in"), Key: []byte("k0"), Value: []byte("!bad")},
			kafka.Record{Topic: c.Name("in"), Key: []byte("k0")}, // a record without a value
			kafka.Record{Topic: c.Name("in"), Key: []byte("k0"), Value: []byte("m0")})
		caughtUp(t, c, 3)
		dead := kafkatest.Read(t, c, c.Name("dead"), 2)
		if string(dead[0].Value) != "!bad" || len(dead[1].Value) != 0 {
			t.Errorf("dead letters %q, %q", dead[0].Value, dead[1].Value)
		}
		everyInputIsOut(t, c, 1)
	})
}

func TestConformanceGuardStopsAtAMisplacedRecord(t *testing.T) {
	kafkatest.Each(t, 4, func(t *testing.T, c kafka.Config) {
		t.Parallel()
		groupTopics(t, c)
		foreign, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		if err != nil {
			t.Fatal(err)
		}
		defer foreign.Close()
		wrong := (kafka.Partition([]byte("secret"), 4) + 1) % 4
		if err := foreign.ProduceSync(context.Background(), &kgo.Record{Topic: c.Name("in"), Key: []byte("secret"), Value: []byte("m0"), Partition: wrong}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		p := run(t, c, countingGroup(c), quick(c))
		<-p.Done()
		err = p.stop()
		if err == nil || !strings.Contains(err.Error(), "not in its key's partition: topic "+c.Name("in")+", key of 6 bytes") || strings.Contains(err.Error(), "secret") {
			t.Errorf("stopped with %v", err)
		}
		if n := committed(t, c); n != 0 {
			t.Errorf("committed %d", n)
		}
	})
}

func TestTableTopicIsNotGokasToCreate(t *testing.T) {
	t.Parallel()
	brokers, cluster := kafkatest.Broker(t)
	c := kafkatest.Config(brokers, 1)
	kafkatest.Topics(t, c, kafka.Topic{Name: c.Name("in"), Retention: kafka.Keep})
	_, err := goka.NewProcessor(brokers, countingGroup(c), kafka.ProcessorOptions(c, quick(c))...)
	if err == nil || !strings.Contains(err.Error(), "EnsureTopics") {
		t.Errorf("got %v", err)
	}
	if cluster.TopicInfo(c.Name("g-table")) != nil {
		t.Error("the topic was created with settings nobody chose")
	}
}
