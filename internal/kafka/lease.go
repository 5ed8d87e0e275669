package kafka

import (
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

type (
	commitRequest  = kmsg.OffsetCommitRequest
	commitResponse = kmsg.OffsetCommitResponse
)

// assign gives each partition a number that no earlier assignment had, so
// that a batch of before a rebalance is recognised even when the partition has
// come back.
func (c *Consumer) assign(partitions map[string][]int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for topic, ps := range partitions {
		for _, p := range ps {
			c.count++
			c.owned[topicPartition{topic, p}] = c.count
		}
	}
}

func (c *Consumer) revoke(partitions map[string][]int32) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for topic, ps := range partitions {
		for _, p := range ps {
			delete(c.owned, topicPartition{topic, p})
		}
	}
}

// committable are a batch's offsets of partitions still held as they were.
func (c *Consumer) committable(b Batch) map[string]map[int32]kgo.EpochOffset {
	c.mu.Lock()
	defer c.mu.Unlock()
	offsets := map[string]map[int32]kgo.EpochOffset{}
	for _, p := range b {
		if lease, held := c.owned[topicPartition{p.Topic, p.Partition}]; !held || lease != p.lease {
			continue
		}
		if offsets[p.Topic] == nil {
			offsets[p.Topic] = map[int32]kgo.EpochOffset{}
		}
		offsets[p.Topic][p.Partition] = p.next
	}
	return offsets
}

func commitError(r *commitResponse, err error) error {
	if err != nil {
		return err
	}
	for _, t := range r.Topics {
		for _, p := range t.Partitions {
			if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
				return err
			}
		}
	}
	return nil
}
