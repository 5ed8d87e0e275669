package pipeline

import (
	"context"
	"net"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"askbuy/internal/kafka"
)

// A broker that accepts connections and never says a word is given up soon,
// with what to look at.
func TestASilentBrokerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := kafka.DefaultConfig()
		k.Brokers = []string{"silent:9092"}
		k.Dial = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			t.Cleanup(func() { theirs.Close() })
			return ours, nil
		}
		began := time.Now()
		_, err := provision(t.Context(), k)
		if err == nil || !strings.Contains(err.Error(), "ASKBUY_KAFKA_BROKERS") || !strings.Contains(err.Error(), "silent:9092") {
			t.Errorf("a silent broker: %v", err)
		}
		if took := time.Since(began); took > answersWithin+time.Second {
			t.Errorf("given up after %s", took)
		}
	})
}
