package kafka_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
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
func TestConformanceSecured(t *testing.T) {
	server, client := certificates(t)
	for _, mechanism := range mechanisms() {
		t.Run("kfake "+mechanism, func(t *testing.T) {
			t.Parallel()
			brokers, _ := kafkatest.Broker(t, kfake.TLS(server), kfake.EnableSASL(), kfake.Superuser(mechanism, "askbuy", "geheim"))
			c := kafkatest.Config(brokers, 1)
			c.TLS = client
			c.SASL = kafka.SASL{Mechanism: mechanism, User: "askbuy", Password: "geheim"}
			secured(t, c)
		})
	}
	kafkatest.Secured(t, 1, func(t *testing.T, c kafka.Config) {
		prefix := c.Prefix
		for n, mechanism := range mechanisms() {
			t.Run(mechanism, func(t *testing.T) {
				c.Prefix, c.SASL.Mechanism = fmt.Sprintf("%s%d.", prefix, n), mechanism
				secured(t, c)
			})
		}
	})
}

func mechanisms() []string { return []string{kafka.Plain, kafka.ScramSHA256, kafka.ScramSHA512} }

func secured(t *testing.T, c kafka.Config) {
	groupTopics(t, c)
	run(t, c, countingGroup(c), quick(c))
	kafkatest.Produce(t, c, inputs(c, 0, 3, 3)...)
	caughtUp(t, c, 3)
	everyInputIsOut(t, c, 3)

	overWire := c
	overWire.Dial = (&wire{}).dial
	kafkatest.Produce(t, overWire, inputs(c, 3, 1, 1)...)

	strangers := []kafka.Config{c, c, c}
	strangers[0].SASL.Password = "wrong"
	strangers[1].SASL = kafka.SASL{}
	strangers[2].TLS = &tls.Config{RootCAs: x509.NewCertPool()}
	for n, stranger := range strangers {
		a, err := kafka.NewAdmin(stranger)
		if err != nil {
			t.Fatal(err)
		}
		if err := a.Ping(kafkatest.Context(t)); err == nil {
			t.Errorf("stranger %d was let in", n)
		}
		a.Close()
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
