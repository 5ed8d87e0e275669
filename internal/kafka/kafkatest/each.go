package kafkatest

import (
	"crypto/tls"
	"crypto/x509"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"askbuy/internal/kafka"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// The environment variables that name a real cluster: its brokers in the clear,
// and those over TLS with a password.
const (
	RealBrokers   = "ASKBUY_TEST_KAFKA_BROKERS"
	SecureBrokers = "ASKBUY_TEST_KAFKA_SECURE_BROKERS"
	secureCA      = "ASKBUY_TEST_KAFKA_CA_FILE"
	secureUser    = "ASKBUY_TEST_KAFKA_USER"
	securePass    = "ASKBUY_TEST_KAFKA_PASSWORD"
)

// conformance begins the name of a test that chooses its broker, by which make
// test-services finds it.
const conformance = "TestConformance"

// Each runs a test on kfake and, when RealBrokers is set, on that cluster too.
// The configuration has n partitions and, on a cluster, a prefix of its own;
// what the test makes under it is deleted at the end. A test may call t.Parallel
// first. The options are kfake's.
func Each(t *testing.T, n int32, run func(*testing.T, kafka.Config), opts ...kfake.Opt) {
	t.Helper()
	if !strings.HasPrefix(t.Name(), conformance) {
		t.Fatalf("a test that runs on each broker is called %s...", conformance)
	}
	t.Run("kfake", func(t *testing.T) {
		brokers, _ := Broker(t, opts...)
		run(t, Config(brokers, n))
	})
	if os.Getenv(RealBrokers) != "" {
		t.Run("kafka", func(t *testing.T) {
			c, _ := Cluster(t, n)
			run(t, c)
		})
	}
}

// Cluster is the configuration that Each has for a cluster; ok is false when
// RealBrokers names none.
func Cluster(t *testing.T, n int32) (c kafka.Config, ok bool) {
	real := os.Getenv(RealBrokers)
	if real == "" {
		return c, false
	}
	return onCluster(t, Config(strings.Split(real, ","), n)), true
}

// Secured is Each's second half alone, for the brokers of SecureBrokers.
func Secured(t *testing.T, n int32, run func(*testing.T, kafka.Config)) {
	t.Helper()
	real := os.Getenv(SecureBrokers)
	if real == "" {
		return
	}
	t.Run("kafka", func(t *testing.T) {
		c := Config(strings.Split(real, ","), n)
		pem, err := os.ReadFile(os.Getenv(secureCA))
		if err != nil {
			t.Fatalf("%s: %v", secureCA, err)
		}
		c.TLS = &tls.Config{RootCAs: x509.NewCertPool()}
		c.TLS.RootCAs.AppendCertsFromPEM(pem)
		c.SASL = kafka.SASL{Mechanism: kafka.ScramSHA512, User: os.Getenv(secureUser), Password: os.Getenv(securePass)}
		run(t, onCluster(t, c))
	})
}

// onCluster gives a test a prefix that no other has, and clears up after it.
func onCluster(t *testing.T, c kafka.Config) kafka.Config {
	c.Prefix = "test" + strconv.FormatInt(time.Now().UnixNano(), 36) + "."
	t.Cleanup(func() {
		admin := admin(t, c)
		ctx := Context(t)
		topics, err := admin.ListTopics(ctx)
		if err != nil {
			t.Errorf("clear up: %v", err)
			return
		}
		for _, topic := range topics.Names() {
			if !strings.HasPrefix(topic, c.Prefix) {
				continue
			}
			if _, err := admin.DeleteTopic(ctx, topic); err != nil {
				t.Errorf("clear up: %v", err)
			}
		}
	})
	return c
}

// admin speaks to a broker about itself, beyond what kafka.Admin is for.
func admin(t testing.TB, c kafka.Config) *kadm.Client {
	t.Helper()
	client, err := kgo.NewClient(c.ClientOptions()...)
	if err != nil {
		t.Fatalf("create client: %v", err)
	}
	t.Cleanup(client.Close)
	return kadm.NewClient(client)
}
