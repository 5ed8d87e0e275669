package kafka_test

import (
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"askbuy/internal/kafka"
)

// A member that joins waits longer for the answer than the broker waits for
// other members: one that was killed while it joined holds nobody back twice.
func TestARebalanceEndsBeforeAJoinIsGivenUp(t *testing.T) {
	t.Parallel()
	const clientWaits = 30 * time.Second // Sarama's
	c, cluster := groupRig(t, 1)
	var asked atomic.Int32
	cluster.ControlKey(int16(kmsg.JoinGroup), func(r kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		asked.Store(r.(*kmsg.JoinGroupRequest).RebalanceTimeoutMillis)
		return nil, nil, false
	})
	if err := run(t, c, countingGroup(c), kafka.GroupOptions{Group: c.Name("g")}).stop(); err != nil {
		t.Fatal(err)
	}
	if got := time.Duration(asked.Load()) * time.Millisecond; got <= 0 || got > clientWaits/2 {
		t.Errorf("a rebalance may take %s, and a join is given up after %s", got, clientWaits)
	}
}
