package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"askbuy/internal/kafka/kafkatest"
	"askbuy/internal/simulator"
	"askbuy/pipeline"
	"askbuy/schemas/event"
)

// campaign is one installation that is killed again and again while senders
// talk to it. Either everything is in one process, or the engines are a host's
// and the process under test keeps its tables on disk.
type campaign struct {
	*instance
	host     *instance // of broker and ClickHouse; nil: the instance has its own
	recorded recording
	repeater *repeater
	rng      *rand.Rand
	chunk    int // requests for each kill
	kills    map[string]int
	erased   []event.Shopper
}

// stormFor is a recording that is long enough for so many kills.
func stormFor(t *testing.T, seed uint64, kills int) recording {
	t.Helper()
	const conversationsPerKill = 25
	return record(t, seed, max(100, kills*conversationsPerKill), simulator.NoiseStorm)
}

// besiege sets an installation up, without starting the instance. A recording
// may be repeated to several.
func besiege(t *testing.T, recorded recording, seed uint64, kills int, apart bool) *campaign {
	t.Helper()
	c := &campaign{recorded: recorded, rng: rand.New(rand.NewPCG(seed, 0)), kills: map[string]int{}}
	c.chunk = len(recorded.log) / (kills + 3)
	var args []string
	if apart {
		c.host = host(t)
		args = c.host.engines()
	}
	c.instance = prepare(t, shared(), args...)
	door := "http://" + c.ports[1]
	c.repeater = repeat(t, recorded.log, 0, func(int, int) string { return door })
	return c
}

// host runs a broker and a ClickHouse for others.
func host(t *testing.T) *instance {
	t.Helper()
	h := prepare(t, shared(), "--roles", string(pipeline.RoleDashboard))
	h.again()
	return h
}

// engines are the arguments of who uses a host's engines. Where the
// environment names real brokers, these are used instead of the host's.
func (i *instance) engines() []string {
	i.t.Helper()
	c, real := kafkatest.Cluster(i.t, 4)
	if !real {
		c = kafkatest.Config([]string{i.at.Kafka}, 4)
	}
	return append(brokerArgs(c), "--clickhouse-dsn", i.at.DSN)
}

// endure has the installation go through the kills, one after the other, and
// deliver the rest in peace.
func (c *campaign) endure(kills []kill) {
	c.t.Helper()
	for n, k := range kills {
		c.t.Logf("kill %d of %d: %s %s", n+1, len(kills), k.name, k.plan)
		if ready := c.up(k.plan); !ready && k.plan == "" {
			c.t.Fatalf("did not start again: exit code %d\n%s", c.code, c.err)
		} else if ready {
			k.do(c)
		}
		if !c.killed() {
			c.t.Fatalf("%s %s: exit code %d instead of a kill\n%s", k.name, k.plan, c.code, c.err)
		}
		c.kills[k.name]++
	}
	c.again()
	c.repeater.all()
}

// more gives leave for the requests of one kill.
func (c *campaign) more() { c.repeater.allow(c.chunk) }

// littleMore is taken from what a recording has beyond the kills' chunks.
const littleMore = 5

// falls waits until the process has ended itself. Where the load so far did
// not come to its point often enough there is more.
func (c *campaign) falls() {
	c.t.Helper()
	again := time.NewTicker(5 * time.Second)
	defer again.Stop()
	for tries := 0; ; tries++ {
		select {
		case <-c.ended:
			return
		case <-again.C:
			c.repeater.allow(littleMore)
		}
		if tries*5 > int(patience.Seconds()) {
			acked, leave := c.repeater.sent()
			c.t.Fatalf("the process did not come to its end; %d requests are answered of %d that had leave, of %d\n%s", acked, leave, len(c.recorded.log), c.err)
		}
	}
}

// some waits for a number of answers out of this kill's, and not longer than
// the process lives.
func (c *campaign) some() {
	acked, leave := c.repeater.sent()
	c.repeater.until(acked+c.rng.IntN(max(1, leave-acked)), c.ended)
}
