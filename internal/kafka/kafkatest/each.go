package kafkatest

import (
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"askbuy/internal/kafka"
)

// RealBrokers is the environment variable that names a real cluster for Each.
const RealBrokers = "ASKBUY_TEST_KAFKA_BROKERS"

// Each runs a test on kfake and, when RealBrokers is set, on that cluster too.
// The configuration has n partitions and a prefix of its own.
func Each(t *testing.T, n int32, run func(*testing.T, kafka.Config)) {
	t.Run("kfake", func(t *testing.T) {
		t.Parallel()
		brokers, _ := Broker(t)
		run(t, Config(brokers, n))
	})
	if real := os.Getenv(RealBrokers); real != "" {
		t.Run("kafka", func(t *testing.T) {
			t.Parallel()
			c := Config(strings.Split(real, ","), n)
			c.Prefix = "test" + strconv.FormatInt(time.Now().UnixNano(), 36) + "."
			run(t, c)
		})
	}
}
