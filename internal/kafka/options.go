package kafka

import (
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/IBM/sarama"
	"github.com/lovoo/goka"
	"github.com/rcrowley/go-metrics"
	"github.com/twmb/franz-go/pkg/kgo"
)

func init() {
	// Sarama registers meters for every broker and topic, whose ticker
	// goroutine never ends. Nobody reads them: lag comes from the broker.
	metrics.UseNilMetrics = true
}

// ClientOptions are the franz-go options that every client of this process
// has: addresses, identity, security and the one partitioner.
func (c Config) ClientOptions() []kgo.Opt {
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.ClientID(c.ClientID),
		kgo.RecordPartitioner(Partitioner()),
		// A leader that moved is found again within a quarter of a second, not five.
		kgo.MetadataMinAge(metadataMinAge),
		kgo.DialTimeout(dialTimeout),
	}
	switch {
	case c.Dial != nil:
		opts = append(opts, kgo.Dialer(c.dialSecure))
	case c.TLS != nil:
		opts = append(opts, kgo.DialTLSConfig(c.TLS.Clone()))
	}
	if m := c.SASL.mechanism(); m != nil {
		opts = append(opts, kgo.SASL(m))
	}
	return opts
}

// producerOptions make a client that stores each record exactly once per call:
// idempotent with all replicas' acks, which are franz-go's defaults, and sent
// at once, since its default of 10 ms of linger is felt by every webhook.
func (c Config) producerOptions() []kgo.Opt {
	return append(c.ClientOptions(),
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.ProducerLinger(0),
		kgo.ProducerBatchMaxBytes(c.MaxMessageBytes),
		kgo.MaxBufferedRecords(c.MaxBufferedRecords),
		kgo.MaxBufferedBytes(c.MaxBufferedBytes),
	)
}

// dialSecure runs TLS over the test dialer, which franz-go leaves to the dialer.
func (c Config) dialSecure(ctx context.Context, network, addr string) (net.Conn, error) {
	conn, err := c.Dial(ctx, network, addr)
	if err != nil || c.TLS == nil {
		return conn, err
	}
	config := c.TLS.Clone()
	if config.ServerName == "" {
		config.ServerName, _, _ = net.SplitHostPort(addr)
	}
	return tls.Client(conn, config), nil
}

// saramaConfig is what Goka's consumers and topic manager run with. Goka
// writes into a configuration it is given, so each builder needs its own.
func (c Config) saramaConfig() *sarama.Config {
	s := goka.DefaultConfig()
	s.Version = sarama.V3_6_0_0
	s.ClientID = c.ClientID
	s.Net.DialTimeout = dialTimeout
	if c.TLS != nil {
		s.Net.TLS.Enable, s.Net.TLS.Config = true, c.TLS.Clone()
	}
	if c.Dial != nil {
		s.Net.Proxy.Enable, s.Net.Proxy.Dialer = true, saramaDialer{c.Dial}
	}
	c.SASL.apply(s)
	s.Metadata.AllowAutoTopicCreation = false
	s.Consumer.Offsets.Initial = sarama.OffsetOldest
	s.Consumer.Offsets.AutoCommit.Interval = 200 * time.Millisecond
	s.Consumer.Fetch.Default = 4 << 20
	s.Consumer.MaxWaitTime = 250 * time.Millisecond
	if c.Gather > 0 {
		s.Consumer.Fetch.Min, s.Consumer.MaxWaitTime = gatherBytes, c.Gather
	}
	return s
}

type saramaDialer struct {
	dial func(ctx context.Context, network, addr string) (net.Conn, error)
}

func (d saramaDialer) Dial(network, addr string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(context.Background(), dialTimeout)
	defer cancel()
	return d.dial(ctx, network, addr)
}
