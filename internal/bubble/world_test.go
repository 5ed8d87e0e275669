//go:build synctests

package bubble

import (
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"askbuy/internal/kafka"
	"askbuy/processors"
	"askbuy/schemas/event"
	"askbuy/sinks"
)

const (
	brokers    = 3
	partitions = 4
	prefix     = "askbuy."
)

// key is the installation's fingerprint key.
var key = []byte("0123456789abcdef0123456789abcdef")

// world is what outlives crashes: the broker, the warehouse, the disk, and
// the senders who know what they were told.
type world struct {
	plan      plan
	log       *slog.Logger
	net       kfake.VirtualNetwork
	cluster   *kfake.Cluster
	admin     *kgo.Client
	warehouse *warehouse
	spool     string // the directory of the door's present life
	memory    string // the file that each door's memory begins with

	mu       sync.Mutex
	door     *door // nil while there is none
	acked    map[event.IdentityHash]bool
	problems []string
	sending  int // senders that are not done
	timers   sync.WaitGroup

	groups, sinks *life
	counts
}

func (w *world) fail(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

func (w *world) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.problems) > 0
}

// later does something when a time has passed, unless the run ends before.
func (w *world) later(d time.Duration, do func()) {
	w.timers.Go(func() {
		time.Sleep(d)
		do()
	})
}

func (w *world) kafka(cut *wire) kafka.Config {
	c := kafka.EmbeddedConfig(w.cluster.ListenAddrs())
	c.Prefix, c.Partitions, c.Dial = prefix, partitions, cut.dial
	return c
}

func (w *world) epochs() map[string]int64 {
	epochs := map[string]int64{}
	for _, topics := range [][]string{event.RawTopics(), event.DerivedTopics()} {
		for _, topic := range topics {
			epochs[topic] = 1
		}
	}
	return epochs
}

// play lives through a plan and returns what is wrong at its end.
func play(t *testing.T, seed uint64, dir, memory string, log *slog.Logger) (c counts, problems []string) {
	dir = filepath.Join(dir, fmt.Sprint("seed-", seed))
	defer func() { check(os.RemoveAll(dir)) }()
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := &world{plan: newPlan(seed), log: log, spool: filepath.Join(dir, "spool"), memory: memory, acked: map[event.IdentityHash]bool{}}
		w.warehouse = newWarehouse(w.plan.warehouse)
		w.cluster = must(kfake.NewCluster(kfake.NumBrokers(brokers), kfake.Ports(9092, 9093, 9094), kfake.ListenFn(w.net.Listen)))
		w.admin = must(kgo.NewClient(w.kafka(&wire{net: &w.net}).ClientOptions()...))
		w.provision(t)
		w.door, w.groups, w.sinks = w.open(), w.processors(), w.sink()
		over := make(chan struct{})
		w.timers.Go(func() { w.keepSessions(over) })
		w.send()
		w.suffer()
		w.settle()
		w.door.crash()
		w.groups.crash()
		w.sinks.crash()
		close(over)
		w.timers.Wait()
		if !w.failed() {
			w.judge()
		}
		w.admin.Close()
		w.cluster.Close()
		time.Sleep(time.Minute) // what the clients left behind ends
		w.faults, w.virtual = w.warehouse.weather.faults, time.Since(start)
		c, problems = w.counts, w.problems
	})
	return c, problems
}

func (w *world) provision(t *testing.T) {
	var topics []kafka.Topic
	for topic := range w.epochs() {
		topics = append(topics, kafka.Topic{Name: prefix + topic, Retention: 30 * 24 * time.Hour})
	}
	for _, table := range processors.Tables() {
		topics = append(topics, kafka.TableTopic(prefix+table))
	}
	_, err := kafka.EnsureTopics(t.Context(), w.kafka(&wire{net: &w.net}), topics)
	check(err)
}

// suffer lives through the mishaps. It alone crashes and restarts.
func (w *world) suffer() {
	for _, m := range w.plan.mishaps {
		time.Sleep(m.after)
		w.mishaps++
		w.log.Info("mishap: " + m.name)
		m.do(w)
	}
}

func (w *world) crashDoor(pause time.Duration) {
	synctest.Wait() // nothing is half written, which no crash could leave so
	w.mu.Lock()
	d := w.door
	w.door = nil
	w.mu.Unlock()
	d.crash()
	time.Sleep(pause)
	next := w.open()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.door = next
	w.crashes++
}

func (w *world) crash(of **life, again func() *life, pause time.Duration) {
	synctest.Wait()
	(*of).crash()
	time.Sleep(pause)
	*of = again()
	w.crashes++
}

// settle waits until nothing is left to do, twice in a row.
func (w *world) settle() {
	const patience = 20 * time.Minute // of virtual time
	start := time.Now()
	for quiet := 0; quiet < 3; quiet++ {
		time.Sleep(5 * time.Second)
		if left := w.left(); left != "" {
			quiet = -1
			if time.Since(start) > patience {
				w.fail("not drained after %v: %s", patience, left)
			}
		}
		if w.failed() {
			return
		}
	}
}

// left names what is left to do, "" when nothing is.
func (w *world) left() (left string) {
	w.mu.Lock()
	sending := w.sending
	w.mu.Unlock()
	if sending > 0 {
		return fmt.Sprint(sending, " senders are not done")
	}
	if !w.door.drained() {
		return "the door holds records"
	}
	for group, topics := range map[string][]string{
		processors.GroupScore:   {event.TopicMessages, event.TopicBehaviors},
		processors.GroupOrders:  {event.TopicOrders},
		processors.GroupJourney: {event.TopicJourney},
		processors.GroupRepair:  {event.TopicRepairs},
		sinks.Group:             sinks.Topics(),
	} {
		for _, topic := range topics {
			if n := w.lag(prefix+group, prefix+topic); n > 0 {
				left += fmt.Sprintf("group %s lags %d records of %s; ", group, n, topic)
			}
		}
	}
	return left
}

func (w *world) lag(group, topic string) (n int64) {
	info := w.cluster.GroupInfo(group)
	for _, p := range w.cluster.PartitionInfos(topic) {
		n += p.HighWatermark
		if info != nil {
			n -= max(0, info.Commits[topic][p.Partition].Offset)
		}
	}
	return n
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

// check is for what cannot fail but by a mistake of the simulation.
func check(err error) {
	if err != nil {
		panic(err)
	}
}
