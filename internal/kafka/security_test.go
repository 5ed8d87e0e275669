package kafka_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"askbuy/internal/kafka"
	"askbuy/internal/kafka/kafkatest"

	"github.com/twmb/franz-go/pkg/kfake"
)

// Every client goes through the same door: topics, producer, consumer, and
// Goka's three Sarama clients.
func TestSecured(t *testing.T) {
	t.Parallel()
	server, client := certificates(t)
	for _, mechanism := range []string{kafka.Plain, kafka.ScramSHA256, kafka.ScramSHA512} {
		t.Run(mechanism, func(t *testing.T) {
			t.Parallel()
			brokers, cluster := kafkatest.Broker(t, kfake.TLS(server), kfake.EnableSASL(), kfake.Superuser(mechanism, "askbuy", "geheim"))
			c := kafkatest.Config(brokers, 1)
			c.TLS = client
			c.SASL = kafka.SASL{Mechanism: mechanism, User: "askbuy", Password: "geheim"}
			kafkatest.Topics(t, c,
				kafka.Topic{Name: "in", Retention: time.Hour}, kafka.Topic{Name: "out", Retention: time.Hour},
				kafka.Topic{Name: "dead", Retention: time.Hour}, kafka.TableTopic("g"))
			run(t, c, countingGroup(), quick())
			kafkatest.Produce(t, c, inputs(0, 3, 3)...)
			caughtUp(t, cluster, 3)
			everyInputIsOut(t, c, 3)

			overWire := c
			overWire.Dial = (&wire{}).dial
			kafkatest.Produce(t, overWire, inputs(3, 1, 1)...)

			c.SASL.Password = "wrong"
			a, err := kafka.NewAdmin(c)
			if err != nil {
				t.Fatal(err)
			}
			defer a.Close()
			if err := a.Ping(kafkatest.Context(t)); err == nil {
				t.Error("a wrong password passed")
			}
		})
	}
}

// certificates are a server's and a client's side of one that signs itself.
func certificates(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:        true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}
