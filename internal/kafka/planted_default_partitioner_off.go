//go:build !plant_default_partitioner

package kafka

// partitionHash places keys. A build tag plants the mistake of leaving this to
// a client's default, so that the simulation can be seen to find it.
func partitionHash(key []byte) uint32 { return Hash(key) }
