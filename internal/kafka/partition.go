package kafka

import (
	"hash"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Hash is Kafka's murmur2 of a key with the sign bit cleared, so that a
// remainder by the partition count means the same to the JVM client,
// librdkafka's murmur2, franz-go, Sarama and Goka.
func Hash(key []byte) uint32 { return murmur2(key) & 0x7fffffff }

// Partition is the partition of a key among n.
func Partition(key []byte, n int32) int32 { return int32(Hash(key) % uint32(n)) }

func partitionOfString(key string, n int32) int32 {
	return int32((murmur2(key) & 0x7fffffff) % uint32(n))
}

// Partitioner places records with a key by Partition, and spreads those
// without one.
func Partitioner() kgo.Partitioner {
	return kgo.StickyKeyPartitioner(kgo.KafkaHasher(partitionHash))
}

// NewHasher is Hash for Goka's processors, views and emitters.
func NewHasher() hash.Hash32 { return &hasher{} }

type hasher struct{ buf []byte }

func (h *hasher) Write(b []byte) (int, error) { h.buf = append(h.buf, b...); return len(b), nil }
func (h *hasher) Reset()                      { h.buf = h.buf[:0] }
func (h *hasher) Size() int                   { return 4 }
func (h *hasher) BlockSize() int              { return 4 }
func (h *hasher) Sum32() uint32               { return Hash(h.buf) }
func (h *hasher) Sum(b []byte) []byte {
	s := h.Sum32()
	return append(b, byte(s>>24), byte(s>>16), byte(s>>8), byte(s))
}

// murmur2 is the 32-bit MurmurHash2 with the seed Kafka chose (the source of
// the constants is org.apache.kafka.common.utils.Utils).
func murmur2[T string | []byte](key T) uint32 {
	const (
		seed uint32 = 0x9747b28c
		mix  uint32 = 0x5bd1e995
	)
	h := seed ^ uint32(len(key))
	i := 0
	for ; len(key)-i >= 4; i += 4 {
		k := uint32(key[i]) | uint32(key[i+1])<<8 | uint32(key[i+2])<<16 | uint32(key[i+3])<<24
		k *= mix
		k ^= k >> 24
		h = h*mix ^ k*mix
	}
	switch len(key) - i {
	case 3:
		h ^= uint32(key[i+2]) << 16
		fallthrough
	case 2:
		h ^= uint32(key[i+1]) << 8
		fallthrough
	case 1:
		h = (h ^ uint32(key[i])) * mix
	}
	h = (h ^ h>>13) * mix
	return h ^ h>>15
}
