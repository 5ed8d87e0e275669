package pipeline

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"askbuy/internal/kafka"
	embeddedkafka "askbuy/internal/kafka/embedded"
	"askbuy/processors"
	"askbuy/reply/conversation"
	"askbuy/schemas/event"
)

// Retention of what can be had again from facts, and the time a sender has to
// notice that its events were set aside.
const topicRetention = 30 * 24 * time.Hour

// topics lists every topic with its retention. Tables of Goka groups are kept
// for ever: they are state.
func topics(c kafka.Config) []kafka.Topic {
	var all []kafka.Topic
	for _, names := range [][]string{event.RawTopics(), event.DerivedTopics()} {
		for _, name := range names {
			all = append(all, kafka.Topic{Name: c.Name(name), Retention: topicRetention})
		}
	}
	// What was in force when is asked for ever, and what a bot knows is state.
	for _, name := range []string{event.TopicModels, event.TopicKnowledge} {
		all = append(all, kafka.Topic{Name: c.Name(name), Compacted: true, Retention: kafka.Keep})
	}
	for _, group := range processors.Tables() {
		all = append(all, kafka.TableTopic(c.Name(group)))
	}
	all = append(all, kafka.TableTopic(c.Name(conversation.Group)))
	return all
}

// kafkaConfig is how this configuration reaches its broker.
func (c Config) kafkaConfig(brokers []string) kafka.Config {
	k := kafka.DefaultConfig()
	if len(c.KafkaBrokers) == 0 {
		k = kafka.EmbeddedConfig(brokers)
	}
	k.Brokers, k.Prefix, k.ClientID = brokers, c.KafkaPrefix, "askbuy"
	k.Partitions, k.Replication = c.partitions(), c.replication()
	if len(c.KafkaBrokers) > 0 {
		k.TLS, _ = c.kafkaTLS() // validated
		k.SASL = kafka.SASL{Mechanism: c.KafkaSASL, User: c.KafkaUser, Password: c.KafkaPassword}
	}
	return k
}

// kafkaTLS is how connections to the broker are encrypted, nil when they are
// not.
func (c Config) kafkaTLS() (*tls.Config, error) {
	if !c.KafkaTLS {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.KafkaTLSCAFile != "" {
		pem, err := os.ReadFile(c.KafkaTLSCAFile)
		if err != nil {
			return nil, fmt.Errorf("kafka_tls_ca_file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("kafka_tls_ca_file: %s holds no certificate in PEM", c.KafkaTLSCAFile)
		}
	}
	return config, nil
}

// startBroker starts the embedded broker, unless brokers are configured.
func startBroker(c Config, s secrets, log *slog.Logger) (brokers []string, broker *embeddedkafka.Broker, err error) {
	if len(c.KafkaBrokers) > 0 {
		return c.KafkaBrokers, nil, nil
	}
	start := func(addr string) (*embeddedkafka.Broker, error) {
		return embeddedkafka.Start(embeddedkafka.Options{Dir: filepath.Join(c.DataDir, "kafka"), Addr: addr, Partitions: c.partitions(), Installation: s.installation(), Log: log})
	}
	const setting = "ASKBUY_EMBEDDED_KAFKA_ADDR"
	if c.EmbeddedKafkaAddr != "" {
		if broker, err = start(c.EmbeddedKafkaAddr); errors.Is(err, embeddedkafka.ErrAddrInUse) {
			return nil, nil, taken(setting, c.EmbeddedKafkaAddr)
		}
	} else if broker, err = start(defaultKafkaAddr); errors.Is(err, embeddedkafka.ErrAddrInUse) {
		broker, err = start(anyPort(defaultKafkaAddr))
	}
	if errors.Is(err, embeddedkafka.ErrForeign) {
		return nil, nil, fmt.Errorf("start embedded broker: %w; restore the file fingerprint_key it was begun with (ASKBUY_FINGERPRINT_KEY), or name another data directory", err)
	}
	if err != nil {
		return nil, nil, fmt.Errorf("start embedded broker: %w", err)
	}
	return broker.Brokers(), broker, nil
}

// provision makes every topic that is missing. A broker that cannot be reached
// is the operator's to mend, so the error says where to look.
func provision(ctx context.Context, k kafka.Config) (map[string]kafka.TopicInfo, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	infos, err := kafka.EnsureTopics(ctx, k, topics(k))
	var mismatch *kafka.MismatchError
	switch {
	case errors.As(err, &mismatch):
		return nil, err
	case err != nil:
		return nil, fmt.Errorf("--kafka-brokers (ASKBUY_KAFKA_BROKERS): provision topics at %v: %w; %s", k.Brokers, err, reachHint(k))
	}
	return infos, nil
}

// reachHint is what to look at when the broker does not answer as it should.
// Many brokers just close the connection of whom they do not like.
func reachHint(k kafka.Config) string {
	hint := "check the address, that the broker is up"
	if k.TLS == nil {
		hint += ", whether it wants TLS (kafka_tls, ASKBUY_KAFKA_TLS)"
	} else {
		hint += ", that it speaks TLS there (kafka_tls, kafka_tls_ca_file)"
	}
	if k.SASL.Mechanism == "" {
		return hint + " or SASL (kafka_sasl_mechanism), and that it is no older than Kafka 2.4"
	}
	return hint + ", kafka_sasl_mechanism, kafka_sasl_user and ASKBUY_KAFKA_SASL_PASSWORD, and that it is no older than Kafka 2.4"
}

func taken(setting, addr string) error {
	return fmt.Errorf("%s: %s is taken by another process: stop it, or give another address (port 0 picks a free one)", setting, addr)
}
