// Package apache runs one node of Apache Kafka on loopback, for tests: broker
// and controller in one Java process, the jars from Maven Central.
//
// What must stay true:
//   - a node does not outlive the process that started it, however that ends;
//   - it is not taken for ready before it says its own cluster id: an open port
//     may be somebody else's.
package apache

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Config says where a node lives. Both are required.
type Config struct {
	Libs string // the folder that Fetch returned
	Dir  string // settings, data, certificate and log; created when missing
}

// Node is a node that runs.
type Node struct {
	config  Config
	cluster string
	ports   ports
	user    credentials
	process *process
}

const attempts = 3 // a free port may be taken before the node listens on it

// Start makes a new node on free ports and returns when it answers. The caller
// stops it.
func Start(ctx context.Context, c Config) (*Node, error) {
	var failed error
	for range attempts {
		n, err := prepare(ctx, c)
		if err != nil {
			return nil, err
		}
		if failed = n.run(ctx); failed == nil {
			return n, nil
		}
		if !strings.Contains(n.Log(), "Address already in use") {
			break
		}
		if err := os.RemoveAll(c.Dir); err != nil {
			return nil, fmt.Errorf("start kafka again: %w", err)
		}
	}
	return nil, failed
}

// prepare writes what the node reads, and formats its storage.
func prepare(ctx context.Context, c Config) (*Node, error) {
	n := &Node{config: c, cluster: randomID(), user: credentials{"askbuy", randomID()}}
	var err error
	if n.ports, err = freePorts(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("create kafka directory: %w", err)
	}
	if err := writeCertificate(n.file(serverPEM), n.file(caPEM)); err != nil {
		return nil, err
	}
	if err := os.WriteFile(n.file("server.properties"), properties(n), 0o600); err != nil {
		return nil, fmt.Errorf("write kafka settings: %w", err)
	}
	format := []string{"kafka.tools.StorageTool", "format", "-t", n.cluster, "-c", n.file("server.properties")}
	for _, mechanism := range []string{"SCRAM-SHA-256", "SCRAM-SHA-512"} {
		format = append(format, "--add-scram", fmt.Sprintf("%s=[name=%s,password=%s]", mechanism, n.user.name, n.user.password))
	}
	if out, err := java(ctx, c.Libs, format...).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("format kafka storage: %w\n%s", err, out)
	}
	return n, nil
}

func (n *Node) run(ctx context.Context) (err error) {
	n.process, err = launch(java(context.WithoutCancel(ctx), n.config.Libs, "kafka.Kafka", n.file("server.properties")), n.file(logName))
	if err != nil {
		return fmt.Errorf("start kafka: %w", err)
	}
	if err := n.awaitReady(ctx); err != nil {
		n.Stop()
		return fmt.Errorf("start kafka: %w\n%s", err, n.Log())
	}
	return nil
}

const (
	startPatience = time.Minute
	askEvery      = 50 * time.Millisecond
)

func (n *Node) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	client, err := kgo.NewClient(kgo.SeedBrokers(n.ports.plain), kgo.MetadataMinAge(askEvery), kgo.RetryTimeout(time.Second))
	if err != nil {
		return err
	}
	defer client.Close()
	tick := time.NewTicker(askEvery)
	defer tick.Stop()
	for {
		if m, err := kadm.NewClient(client).BrokerMetadata(ctx); err == nil && m.Cluster == n.cluster {
			return nil
		}
		select {
		case <-n.process.ended:
			return errors.New("the process ended")
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

// Stop ends the node and waits for its end.
func (n *Node) Stop() { n.process.stop() }

// Log is the end of what the node said, for a test that failed.
func (n *Node) Log() string {
	const enough = 8000
	b, err := os.ReadFile(n.file(logName))
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-enough):])
}

func (n *Node) file(name string) string { return filepath.Join(n.config.Dir, name) }

// Environment tells tests of this node: the variables of package kafkatest.
func (n *Node) Environment() []string {
	return []string{
		"ASKBUY_TEST_KAFKA_BROKERS=" + n.ports.plain,
		"ASKBUY_TEST_KAFKA_SECURE_BROKERS=" + n.ports.secure,
		"ASKBUY_TEST_KAFKA_CA_FILE=" + n.file(caPEM),
		"ASKBUY_TEST_KAFKA_USER=" + n.user.name,
		"ASKBUY_TEST_KAFKA_PASSWORD=" + n.user.password,
	}
}

// randomID is 16 bytes in the alphabet of Kafka's ids, none of which begins
// with a dash.
func randomID() string {
	b := make([]byte, 16)
	for {
		rand.Read(b) // never fails
		if id := base64.RawURLEncoding.EncodeToString(b); !strings.HasPrefix(id, "-") {
			return id
		}
	}
}
