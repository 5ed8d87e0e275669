package main

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"

	"askbuy/internal/kafka/kafkatest"
)

// A broker that cannot be used is one clear line and exit code 2, at once and
// for good: no loop, and nothing of the password.
func TestBrokersOfNoUse(t *testing.T) {
	t.Parallel()
	const mechanism, user = "SCRAM-SHA-256", "askbuy"
	guarded, _ := kafkatest.Broker(t, kfake.EnableSASL(), kfake.Superuser(mechanism, user, "right"))
	certificate := httptest.NewTLSServer(nil) // nobody here has signed it
	certificate.Close()
	encrypted, _ := kafkatest.Broker(t, kfake.TLS(certificate.TLS))
	old, _ := kafkatest.Broker(t, kfake.MaxVersions(kversion.V0_10_0()))
	password := "ASKBUY_KAFKA_SASL_PASSWORD=hidden"
	login := []string{"--kafka-sasl-mechanism", mechanism, "--kafka-sasl-user", user}
	for name, c := range map[string]struct {
		brokers []string
		env     []string
		args    []string
		says    []string
	}{
		"wrong password":              {guarded, []string{password}, login, []string{"SASL", "ASKBUY_KAFKA_SASL_PASSWORD"}},
		"no password":                 {guarded, nil, nil, []string{"SASL"}},
		"unknown mechanism":           {guarded, []string{password}, []string{"--kafka-sasl-mechanism", "PLAIN", "--kafka-sasl-user", user}, []string{"SASL"}},
		"it wants TLS":                {encrypted, nil, nil, []string{"TLS", "kafka_tls"}},
		"its certificate is nobody's": {encrypted, nil, []string{"--kafka-tls", "true"}, []string{"certificate", "kafka_tls_ca_file"}},
		"an old broker":               {old, nil, nil, []string{"too old", "no older than Kafka 2.4"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"run", "--data-dir", t.TempDir(), "--kafka-brokers", strings.Join(c.brokers, ","), "--kafka-replication", "1"}, anyPorts...)
			p := launch(t, environment(c.env...), append(args, c.args...)...).wants(exitUsage)
			p.complains(append(c.says, "--kafka-brokers", c.brokers[0])...)
			if lines := strings.Count(p.err.String(), "\n"); lines > 3 {
				t.Errorf("%d lines for one fault:\n%s", lines, p.err)
			}
		})
	}
}
