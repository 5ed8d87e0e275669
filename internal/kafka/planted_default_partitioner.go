//go:build plant_default_partitioner

package kafka

import "hash/fnv"

// partitionHash is Sarama's and Goka's default.
func partitionHash(key []byte) uint32 {
	h := fnv.New32a()
	_, _ = h.Write(key)
	return h.Sum32() & 0x7fffffff
}
