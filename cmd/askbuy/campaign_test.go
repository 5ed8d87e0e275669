package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/crash"
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

// kill is one way to end a process.
type kill struct {
	name string
	plan string // of the process, when it ends itself
	do   func(*campaign)
}

// stormFor is a recording that is long enough for so many kills.
func stormFor(t *testing.T, seed uint64, kills int) recording {
	t.Helper()
	const conversationsPerKill = 25
	return record(t, seed, max(100, kills*conversationsPerKill), simulator.NoiseStorm)
}

// ways are the kills that come to a point, drawn anew each time.
type ways map[crash.Point]func(*rand.Rand) kill

// besiege sets an installation up, without starting the instance. A recording
// may be repeated to several.
func besiege(t *testing.T, recorded recording, seed uint64, kills int, apart bool) *campaign {
	t.Helper()
	c := &campaign{recorded: recorded, rng: rand.New(rand.NewPCG(seed, 0)), kills: map[string]int{}}
	c.chunk = len(recorded.log) / (kills + 1)
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
			c.repeater.allow(c.chunk / 4)
		}
		if tries*5 > int(patience.Seconds()) {
			c.t.Fatalf("the process did not come to its end\n%s", c.err)
		}
	}
}

// some waits for a number of answers out of this kill's, and not longer than
// the process lives.
func (c *campaign) some() {
	acked, leave := c.repeater.sent()
	c.repeater.until(acked+c.rng.IntN(max(1, leave-acked)), c.ended)
}

// inLoad is a point that any load comes to.
func inLoad(p crash.Point, within int) func(*rand.Rand) kill {
	return func(r *rand.Rand) kill {
		return kill{string(p), fmt.Sprintf("%s:%d", p, 1+r.IntN(within)), func(c *campaign) { c.more(); c.falls() }}
	}
}

// heldUntil is a point after which the process goes on without whoever
// reached it, up to a second point.
func heldUntil(p, then crash.Point, within int) func(*rand.Rand) kill {
	return func(r *rand.Rand) kill {
		k := inLoad(p, within)(r)
		k.plan += ">" + string(then)
		return k
	}
}

// everywhere are the kills that any installation can be put through, by the
// point they are about.
var everywhere = ways{
	crash.DoorStored:        inLoad(crash.DoorStored, 40),
	crash.OrderSet:          inLoad(crash.OrderSet, 4),
	crash.JourneySet:        heldUntil(crash.JourneySet, crash.AckedJourneyTable, 10),
	crash.AckedJourney:      inLoad(crash.AckedJourney, 20),
	crash.AckedOrdersTable:  inLoad(crash.AckedOrdersTable, 4),
	crash.AckedJourneyTable: inLoad(crash.AckedJourneyTable, 20),
	crash.AckedScores:       inLoad(crash.AckedScores, 20),
	crash.AckedTouches:      inLoad(crash.AckedTouches, 3),
	crash.SinkFacts:         inLoad(crash.SinkFacts, 1),
	crash.SinkReceipts:      inLoad(crash.SinkReceipts, 1),
	crash.SinkStored:        inLoad(crash.SinkStored, 1),
	crash.ViewMade: func(r *rand.Rand) kill {
		return kill{string(crash.ViewMade), fmt.Sprintf("%s:%d", crash.ViewMade, 1+r.IntN(20)), func(c *campaign) { c.falls() }}
	},
	crash.SnapshotWritten: func(*rand.Rand) kill {
		return kill{string(crash.SnapshotWritten), string(crash.SnapshotWritten), func(c *campaign) {
			c.more()
			c.some()
			c.signal(syscall.SIGTERM)
			c.falls()
		}}
	},
	crash.ErasureStep: func(r *rand.Rand) kill {
		return kill{string(crash.ErasureStep), fmt.Sprintf("%s:%d", crash.ErasureStep, 1+r.IntN(8)), func(c *campaign) {
			c.more()
			c.erase()
			c.falls()
		}}
	},
	crash.RepairWritten: func(*rand.Rand) kill {
		return kill{string(crash.RepairWritten), string(crash.RepairWritten), func(c *campaign) {
			c.more()
			c.some()
			c.askForRepairs()
			c.falls()
		}}
	},
}

// atRandom are kills at no point in particular.
var atRandom = []func(*rand.Rand) kill{
	func(*rand.Rand) kill {
		return kill{"random moment", "", func(c *campaign) { c.more(); c.some(); c.instance.kill() }}
	},
	func(*rand.Rand) kill {
		return kill{"random moment, without ClickHouse", "", func(c *campaign) {
			c.more()
			c.some()
			c.engineOwner().killClickHouse()
			c.kills["ClickHouse"]++
			c.some()
			c.instance.kill()
			if c.host != nil { // without a warehouse no start succeeds
				c.host.awaitClickHouse()
			}
		}}
	},
}

// childAt are the points at which a process loses its ClickHouse, goes on, and
// is killed a while later.
var childAt = ways{
	crash.SinkFacts:     childLost(crash.SinkFacts),
	crash.SinkReceipts:  childLost(crash.SinkReceipts),
	crash.SinkStored:    childLost(crash.SinkStored),
	crash.RepairWritten: childLost(crash.RepairWritten),
	crash.ErasureStep:   childLost(crash.ErasureStep),
}

func childLost(p crash.Point) func(*rand.Rand) kill {
	return func(r *rand.Rand) kill {
		name := ofClickHouse + string(p)
		return kill{name, name, func(c *campaign) {
			c.more()
			c.some()
			switch p {
			case crash.ErasureStep:
				c.erase()
			case crash.RepairWritten:
				c.askForRepairs()
			}
			if err := c.await(c.err, "ClickHouse ended unasked"); err != nil {
				c.t.Fatalf("%s: %v\n%s", name, err, c.err)
			}
			c.kills["ClickHouse"]++
			c.some()
			c.instance.kill()
		}}
	}
}

// onFresh are the kills of a first start, when there is nothing yet.
var onFresh = ways{
	crash.Migrated: func(r *rand.Rand) kill {
		return kill{string(crash.Migrated), fmt.Sprintf("%s:%d", crash.Migrated, 1+r.IntN(5)), func(c *campaign) { c.falls() }}
	},
}

// inOutage are the kills of a process whose broker is away.
var inOutage = ways{
	crash.SpoolWritten: outage(crash.SpoolWritten),
	crash.SpoolSynced:  outage(crash.SpoolSynced),
	crash.SpoolDrained: outage(crash.SpoolDrained),
}

// outage ends the host as well: broker and warehouse, at once.
func outage(p crash.Point) func(*rand.Rand) kill {
	return func(*rand.Rand) kill {
		return kill{string(p), string(p), func(c *campaign) {
			acked, leave := c.repeater.sent()
			c.repeater.until(acked+(leave-acked)/2, c.ended)
			c.host.kill()
			c.kills["broker and ClickHouse"]++
			c.more()
			if p == crash.SpoolDrained {
				_, leave = c.repeater.sent()
				c.repeater.until(leave, c.ended) // the spool answers for the broker
				c.host.again()
				c.falls()
				return
			}
			c.falls()
			c.host.again()
		}}
	}
}

func (c *campaign) engineOwner() *instance {
	if c.host != nil {
		return c.host
	}
	return c.instance
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// killClickHouse ends the child of an instance that is a ClickHouse server.
func (i *instance) killClickHouse() {
	i.t.Helper()
	if err := killChildren(i.cmd.Process.Pid); err != nil {
		i.t.Fatal(err)
	}
}

// killChildren ends the processes that a process has started, on Linux.
func killChildren(parent int) error {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil || len(lists) == 0 {
		return fmt.Errorf("find children of %d: %w", parent, errors.Join(err, fs.ErrNotExist))
	}
	for _, list := range lists { // each thread has those that it started
		content, err := os.ReadFile(list)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // the thread has ended
		}
		if err != nil {
			return err
		}
		for _, child := range strings.Fields(string(content)) {
			pid, err := strconv.Atoi(child)
			if err == nil {
				err = syscall.Kill(pid, syscall.SIGKILL)
			}
			if err != nil && !errors.Is(err, syscall.ESRCH) {
				return err
			}
		}
	}
	return nil
}

// awaitClickHouse waits until a server that was killed is back.
func (i *instance) awaitClickHouse() {
	i.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		db, err := clickhouse.Open(i.t.Context(), i.at.DSN)
		if err == nil {
			db.Close()
			return
		}
		if time.Now().After(deadline) {
			i.t.Fatal(err)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// erase has a shopper say something and be erased.
func (c *campaign) erase() {
	s := event.Shopper{ShopID: "erased", UserID: "u" + strconv.Itoa(len(c.erased))}
	c.erased = append(c.erased, s)
	say := fmt.Sprintf(`{"type":"message","event_id":"m","shop_id":%q,"user_id":%q,"conv_id":"c","from":"user","text":"我要下单","ts":1750830000000}`, s.ShopID, s.UserID)
	if status, answer := c.ask1("/v1/events", say); status != http.StatusOK {
		c.t.Fatalf("the door answers %d %s", status, answer)
	}
	if status, answer := c.ask1("/v1/erasures", fmt.Sprintf(`{"shop_id":%q,"user_id":%q}`, s.ShopID, s.UserID)); status != http.StatusAccepted {
		c.t.Fatalf("an erasure is answered %d %s", status, answer)
	}
}

// ask1 posts JSON.
func (c *campaign) ask1(path, body string) (int, string) {
	c.t.Helper()
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.at.HTTP+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+sharedAPIKey)
	r.Header.Set("Content-Type", "application/json")
	return exchange(c.t, r)
}

// askForRepairs asks for the rows of some shoppers, or of one that never was.
func (c *campaign) askForRepairs() {
	c.t.Helper()
	config := pipeline.DefaultConfig()
	config.DataDir = c.dir
	k, err := pipeline.Broker(config)
	if err != nil {
		c.t.Fatal(err)
	}
	db := c.warehouse()
	_, _, rows, err := db.Query(c.t.Context(), "SELECT DISTINCT shop_id, user_id FROM askbuy.messages ORDER BY user_id LIMIT 20", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	shoppers := []event.Shopper{{ShopID: "nowhere", UserID: "nobody"}}
	for _, row := range rows {
		shoppers = append(shoppers, event.Shopper{ShopID: row[0].(string), UserID: row[1].(string)})
	}
	if err := pipeline.RequestRepairs(c.t.Context(), k, db, shoppers); err != nil {
		c.t.Fatal(err)
	}
}

// outcome is what a campaign came to.
type outcome struct{ kills, requests, events, retries, lost, duplicated int }

func (o outcome) String() string {
	return fmt.Sprintf("kills %d, requests %d, acked events %d, retries %d, lost %d, duplicated %d", o.kills, o.requests, o.events, o.retries, o.lost, o.duplicated)
}

// facts are the tables of events, of which each has to be there once.
var facts = []string{"messages", "order_events", "behaviors", "exposures", "feedback", "aliases"}

// judge sees that nothing was lost, and nothing is there twice.
func (c *campaign) judge() outcome {
	c.t.Helper()
	c.awaitErasures()
	c.verified(c.recorded.truth)
	o := outcome{requests: len(c.recorded.log), events: c.repeater.events, retries: c.repeater.retries}
	for _, n := range c.kills {
		o.kills += n
	}
	var parts []string
	for _, table := range facts {
		parts = append(parts, "SELECT count() AS n_rows, uniqExact(identity) AS n_events FROM askbuy."+table+" FINAL WHERE shop_id != 'erased'")
	}
	_, _, rows, err := c.warehouse().Query(c.t.Context(), "SELECT toString(sum(n_rows)), toString(sum(n_events)) FROM ("+strings.Join(parts, " UNION ALL ")+")", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	have, _ := strconv.Atoi(rows[0][0].(string))
	different, _ := strconv.Atoi(rows[0][1].(string))
	o.lost, o.duplicated = c.recorded.events-different, have-different
	if o.lost != 0 || o.duplicated != 0 || o.events < c.recorded.events {
		c.t.Errorf("%d different events were told, %d answered for, %d are there, in %d rows", c.recorded.events, o.events, different, have)
	}
	return o
}

// awaitErasures waits until every certificate is complete, and sees that
// nobody of the erased is left.
func (c *campaign) awaitErasures() {
	c.t.Helper()
	deadline := time.Now().Add(patience)
	for n, s := range c.erased {
		_, answer := c.ask1("/v1/erasures", fmt.Sprintf(`{"shop_id":%q,"user_id":%q}`, s.ShopID, s.UserID))
		var at struct{ Certificate, Status string }
		if err := json.Unmarshal([]byte(answer), &at); err != nil {
			c.t.Fatalf("erasure: %s", answer)
		}
		for path := at.Certificate; at.Status != "done"; {
			r, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, c.at.HTTP+path, nil)
			if err != nil {
				c.t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+sharedAPIKey)
			_, answer := exchange(c.t, r)
			if err := json.Unmarshal([]byte(answer), &at); err != nil || time.Now().After(deadline) {
				c.t.Fatalf("erasure %d is not done: %s", n, answer)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
	_, _, rows, err := c.warehouse().Query(c.t.Context(), "SELECT toString(count()) FROM bi.messages WHERE shop_id = 'erased'", nil)
	if err != nil || rows[0][0] != "0" {
		c.t.Errorf("of the erased is left: %v, %v", rows, err)
	}
}
