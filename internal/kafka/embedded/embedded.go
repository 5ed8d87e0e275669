// Package embedded runs a Kafka broker inside this process, for one machine:
// kfake with a data directory, a lock on it, a fixed address and retention
// applied by hand. Clients talk to it over TCP as to any other broker.
//
// What must stay true:
//   - one process at a time owns a data directory (kfake itself has no lock);
//   - the broker's own cleaner never runs: a crash in the middle of its
//     compaction loses keys. Tables are compacted as copies, at the start;
//   - nothing of a directory is changed before it was looked through;
//   - a record that cannot be written ends the broker: what kfake cannot keep
//     on disk it forgets at the next start;
//   - retention leaves each partition its newest batch: kfake begins an empty
//     partition at offset 0 again.
package embedded

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
)

var (
	// ErrAddrInUse: something else listens on the address that was asked for.
	ErrAddrInUse = errors.New("address is in use")
	// ErrForeign: the directory is the log of another installation.
	ErrForeign = errors.New("it is the log of another installation")
)

// Options say where the broker lives. Dir and Addr are required.
type Options struct {
	// Dir keeps the records; it is created when missing, and used by nothing else.
	Dir string
	// Addr is host:port to listen on; port 0 picks a free one.
	Addr string
	// Advertise is the host that clients are told to connect to. Empty means
	// that of Addr, or 127.0.0.1 when Addr listens everywhere.
	Advertise string
	// Partitions is the count of topics created without one; default 4.
	Partitions int32
	// Installation names whose log this is; "" is nobody's in particular. A
	// directory that was begun under another name is refused.
	Installation string
	// MinSession is the shortest session timeout a group member may ask for;
	// default 6 s, as in Kafka.
	MinSession time.Duration
	// Ticks says when Run applies retention; nil means every five minutes.
	Ticks <-chan time.Time
	Log   *slog.Logger
}

// Broker is a running broker.
type Broker struct {
	cluster *kfake.Cluster
	lock    *dirLock
	dir     string
	addr    string
	ticks   <-chan time.Time
	disk    *diskWatch
	close   sync.Once
}

// restore is the next step when a directory is of no use.
const restore = "restore it from a copy, or move it away to start empty, without the records that no table has yet"

// never is longer than any process lives, in milliseconds, yet fits a Duration.
const never = "3153600000000"

// Start opens the directory and listens. Records, group offsets and topic ids
// of an earlier broker on the same directory are there again.
func Start(o Options) (*Broker, error) {
	o = o.withDefaults()
	lock, err := lockDir(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := o.prepareDir(); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	disk := newDiskWatch(o.Log)
	listener, err := listen(o)
	if err != nil {
		return nil, errors.Join(err, lock.release())
	}
	cluster, err := kfake.NewCluster(o.clusterOptions(listener, disk)...)
	if err != nil {
		return nil, errors.Join(
			fmt.Errorf("open broker directory %s: %w; %s", o.Dir, err, restore),
			ignoreClosed(listener.Close()), lock.release())
	}
	o.Log.Warn("the embedded broker is for one machine: no replicas, durable against a crash of the process, not of the disk",
		"addr", listener.Addr().String(), "dir", o.Dir)
	return &Broker{cluster: cluster, lock: lock, dir: o.Dir, addr: listener.Addr().String(), ticks: o.Ticks, disk: disk}, nil
}

func (o Options) withDefaults() Options {
	if o.Partitions <= 0 {
		o.Partitions = 4
	}
	if o.MinSession <= 0 {
		o.MinSession = 6 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// prepareDir looks through the directory and compacts its tables. Without the
// space for copies they stay as they are, and are compacted another time.
func (o Options) prepareDir() error {
	if err := checkOwner(o.Dir, o.clusterID()); err != nil {
		return err
	}
	c := &compaction{dir: o.Dir, watch: newDiskWatch(o.Log)}
	for _, do := range []func() error{c.finish, func() error { return checkLog(o.Dir) }, o.compact(c), c.finish} {
		if err := do(); err != nil {
			return fmt.Errorf("open broker directory %s: %w; %s", o.Dir, err, restore)
		}
	}
	return nil
}

func (o Options) compact(c *compaction) func() error {
	return func() error {
		if err := c.run(); err != nil {
			o.Log.Warn("the embedded broker's tables are not compacted, and keep what was deleted from them; free space and start again", "dir", o.Dir, "error", err)
		}
		return nil
	}
}

func (o Options) clusterOptions(l net.Listener, disk *diskWatch) []kfake.Opt {
	return []kfake.Opt{
		kfake.NumBrokers(1),
		kfake.ListenFn(func(string, string) (net.Listener, error) { return l, nil }),
		kfake.DataDir(o.Dir),
		kfake.DefaultNumPartitions(int(o.Partitions)),
		kfake.GroupMinSessionTimeout(o.MinSession),
		kfake.ClusterID(o.clusterID()),
		kfake.WithLogger(disk),
		kfake.BrokerConfigs(map[string]string{
			"log.cleaner.backoff.ms": never,
			// A group that slept for a week must not start over.
			"offsets.retention.minutes": strconv.Itoa(10 * 365 * 24 * 60),
		}),
	}
}

// Addr is the address that clients connect to.
func (b *Broker) Addr() string { return b.addr }

// Brokers is Addr as a list of seed brokers.
func (b *Broker) Brokers() []string { return []string{b.addr} }

// Close stops the broker and gives the directory back. Clients should be
// closed before; what they still ask fails. The error says what of the
// directory could not be written, unless Run has said it.
func (b *Broker) Close() (err error) {
	b.close.Do(func() {
		known := b.disk.failure() != nil
		b.cluster.Close()
		if err = b.lock.release(); !known {
			err = errors.Join(b.diskError(), err)
		}
	})
	return err
}

func listen(o Options) (net.Listener, error) {
	host, _, err := net.SplitHostPort(o.Addr)
	if err != nil {
		return nil, fmt.Errorf("listen as broker on %q: %w; give host:port", o.Addr, err)
	}
	l, err := net.Listen("tcp", o.Addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("listen as broker on %s: %w: %w", o.Addr, ErrAddrInUse, err)
	}
	if err != nil {
		return nil, fmt.Errorf("listen as broker: %w", err)
	}
	if o.Advertise == "" {
		o.Advertise = advertised(host)
	}
	return &namedListener{Listener: l, host: o.Advertise}, nil
}

func advertised(host string) string {
	if ip := net.ParseIP(host); host == "" || (ip != nil && ip.IsUnspecified()) {
		return "127.0.0.1"
	}
	return host
}

// namedListener answers with the name clients must use: kfake advertises its
// listener's own address, and nobody can connect to 0.0.0.0 from elsewhere.
type namedListener struct {
	net.Listener
	host string
}

func (l *namedListener) Addr() net.Addr {
	_, port, _ := net.SplitHostPort(l.Listener.Addr().String())
	return hostPort(net.JoinHostPort(l.host, port))
}

type hostPort string

func (hostPort) Network() string  { return "tcp" }
func (h hostPort) String() string { return string(h) }

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
