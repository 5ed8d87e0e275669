package apache

import (
	"bytes"
	"fmt"
	"maps"
	"net"
	"slices"
)

type credentials struct{ name, password string }

// ports are where the node listens: for its own controller, in the clear, and
// over TLS with a password.
type ports struct{ controller, plain, secure string }

func freePorts() (p ports, err error) {
	for _, addr := range []*string{&p.controller, &p.plain, &p.secure} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return p, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close() // all stay taken until the last is found
		*addr = l.Addr().String()
	}
	return p, nil
}

const (
	serverPEM = "server.pem"
	caPEM     = "ca.pem"
	logName   = "broker.log"
)

// properties are the settings of a single node that is quick in tests.
func properties(n *Node) []byte {
	const scram = "org.apache.kafka.common.security.scram.ScramLoginModule required;"
	set := map[string]string{
		"process.roles":                  "broker,controller",
		"node.id":                        "1",
		"log.dirs":                       n.file("data"),
		"controller.quorum.voters":       "1@" + n.ports.controller,
		"controller.listener.names":      "CONTROLLER",
		"inter.broker.listener.name":     "PLAIN",
		"listeners":                      fmt.Sprintf("CONTROLLER://%s,PLAIN://%s,SECURE://%s", n.ports.controller, n.ports.plain, n.ports.secure),
		"listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAIN:PLAINTEXT,SECURE:SASL_SSL",
		"auto.create.topics.enable":      "false",

		"sasl.enabled.mechanisms":                             "PLAIN,SCRAM-SHA-256,SCRAM-SHA-512",
		"listener.name.secure.scram-sha-256.sasl.jaas.config": scram,
		"listener.name.secure.scram-sha-512.sasl.jaas.config": scram,
		"listener.name.secure.plain.sasl.jaas.config":         fmt.Sprintf("org.apache.kafka.common.security.plain.PlainLoginModule required user_%s=%q;", n.user.name, n.user.password),
		"listener.name.secure.ssl.keystore.type":              "PEM",
		"listener.name.secure.ssl.keystore.location":          n.file(serverPEM),
		"connection.failed.authentication.delay.ms":           "0",
		"listener.name.secure.connections.max.reauth.ms":      "0",

		// One replica, and no more partitions of Kafka's own than a test needs.
		"offsets.topic.replication.factor":                 "1",
		"offsets.topic.num.partitions":                     "1",
		"transaction.state.log.replication.factor":         "1",
		"transaction.state.log.min.isr":                    "1",
		"transaction.state.log.num.partitions":             "1",
		"share.coordinator.state.topic.replication.factor": "1",
		"share.coordinator.state.topic.min.isr":            "1",
		"share.coordinator.state.topic.num.partitions":     "1",

		// What a test would wait for: 3 s at the first join of a group, 6 s for a
		// member that died, 15 s until a cleaner looks again.
		"group.initial.rebalance.delay.ms": "0",
		"group.min.session.timeout.ms":     "500",
		"log.cleaner.backoff.ms":           "200",
		// The default of 128 MiB does not fit into a small heap.
		"log.cleaner.dedupe.buffer.size": "16777216",
	}
	var b bytes.Buffer
	for _, key := range slices.Sorted(maps.Keys(set)) {
		fmt.Fprintf(&b, "%s=%s\n", key, set[key])
	}
	return b.Bytes()
}
