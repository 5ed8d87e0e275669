package kafka

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"time"

	"github.com/lovoo/goka"
)

// Config says where the broker is and how this process presents itself to it.
// It is read by franz-go and by Sarama (under Goka) alike.
type Config struct {
	// Brokers are the seed addresses, host:port.
	Brokers []string
	// Prefix begins the name of every topic and group.
	Prefix string
	// Partitions is the partition count of every topic; it never changes for
	// the life of a prefix, because keys would move.
	Partitions int32
	// Replication is the replication factor of topics that are created.
	Replication int16
	// ClientID is shown in the broker's logs.
	ClientID string
	// MaxMessageBytes is the largest batch a topic takes, set on the topics
	// and on the producer so that neither accepts what the other refuses.
	MaxMessageBytes int32
	// MaxBufferedRecords and MaxBufferedBytes bound what a producer holds
	// unacknowledged; above either, Produce answers ErrOverloaded.
	MaxBufferedRecords int
	MaxBufferedBytes   int
	// TLS encrypts connections when it is not nil.
	TLS *tls.Config
	// SASL authenticates when its mechanism is not empty.
	SASL SASL
	// Gather is how long the broker may keep records back from a reader so that
	// more come at once, which costs all three less; 0: they come at once.
	Gather time.Duration
	// Dial replaces the network in tests.
	Dial func(ctx context.Context, network, addr string) (net.Conn, error)
	// Goka replaces Sarama under Goka in tests; nil everywhere else.
	Goka *GokaClients
}

// GokaClients are what Goka reads with where Sarama cannot go: Sarama holds
// locks while it waits for answers, which stops the clock of a synctest bubble.
type GokaClients struct {
	Group    goka.ConsumerGroupBuilder
	Consumer goka.SaramaConsumerBuilder
	Topics   goka.TopicManagerBuilder
}

// DefaultConfig is for a real cluster: 16 partitions, three replicas.
func DefaultConfig() Config {
	return Config{
		Prefix:             "askbuy.",
		Partitions:         16,
		Replication:        3,
		ClientID:           "askbuy",
		MaxMessageBytes:    2 << 20,
		MaxBufferedRecords: 50_000,
		MaxBufferedBytes:   128 << 20,
	}
}

// EmbeddedConfig is for the broker of package embedded: 4 partitions, one copy.
func EmbeddedConfig(brokers []string) Config {
	c := DefaultConfig()
	c.Brokers, c.Partitions, c.Replication = brokers, 4, 1
	return c
}

// Gathering is the configuration of readers that are in no hurry.
func (c Config) Gathering(d time.Duration) Config {
	c.Gather = d
	return c
}

// gatherBytes are sent before the time to gather them is over.
const gatherBytes = 32 << 10

// Name is the name of a topic or group under the prefix.
func (c Config) Name(base string) string { return c.Prefix + base }

// legalName is what both Kafka and Sarama accept in names of topics, groups
// and clients.
var legalName = regexp.MustCompile(`^[A-Za-z0-9._-]*$`)

const (
	maxPartitions      = 1024
	minMessageBytes    = 256 << 10 // a shopper's state of 128 KiB must fit
	metadataMinAge     = 250 * time.Millisecond
	dialTimeout        = 5 * time.Second
	longestPrefixBytes = 100 // Kafka's limit is 249 with the topic's own name
)

// Validate reports every problem at once, naming field and rule.
func (c Config) Validate() error {
	var problems []error
	require := func(ok bool, format string, args ...any) {
		if !ok {
			problems = append(problems, fmt.Errorf(format, args...))
		}
	}
	require(len(c.Brokers) > 0, "kafka brokers: at least one host:port is needed")
	for _, b := range c.Brokers {
		_, port, err := net.SplitHostPort(b)
		require(err == nil && port != "", "kafka brokers: %q is not host:port", b)
	}
	require(legalName.MatchString(c.Prefix) && len(c.Prefix) <= longestPrefixBytes,
		"kafka prefix: %q may only have letters, digits, '.', '_' and '-', at most %d", c.Prefix, longestPrefixBytes)
	require(c.Partitions >= 1 && c.Partitions <= maxPartitions, "kafka partitions: %d is not within 1 to %d", c.Partitions, maxPartitions)
	require(c.Replication >= 1, "kafka replication: %d is less than 1", c.Replication)
	require(c.ClientID != "" && legalName.MatchString(c.ClientID),
		"kafka client id: %q may only have letters, digits, '.', '_' and '-', and not be empty", c.ClientID)
	require(c.MaxMessageBytes >= minMessageBytes, "kafka max message bytes: %d is less than %d", c.MaxMessageBytes, minMessageBytes)
	require(c.MaxBufferedRecords >= 1, "kafka max buffered records: %d is less than 1", c.MaxBufferedRecords)
	require(c.MaxBufferedBytes >= int(c.MaxMessageBytes), "kafka max buffered bytes: %d is less than one message (%d)", c.MaxBufferedBytes, c.MaxMessageBytes)
	problems = append(problems, c.SASL.problems()...)
	return errors.Join(problems...)
}
