package embedded

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ErrDamaged: the directory does not hold what the broker once wrote.
var ErrDamaged = errors.New("the log is damaged")

const (
	topicsName     = "topics.json"
	partitionsName = "partitions"
	snapshotName   = "snapshot.json" // of a partition, written at a clean stop
)

// checkLog refuses a directory whose log has lost what it once had. kfake
// takes every first bad byte for a write that a crash cut short, and cuts off
// all that follows: right for the end of the newest segment, the loss of
// acknowledged records anywhere else. So this looks before kfake touches it.
func checkLog(dir string) error {
	partitions, err := os.ReadDir(filepath.Join(dir, partitionsName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", partitionsName, err)
	}
	if _, err := os.Stat(filepath.Join(dir, topicsName)); err != nil && len(partitions) > 0 {
		return fmt.Errorf("%w: there are partitions, but no %s: %w", ErrDamaged, topicsName, err)
	}
	for _, p := range partitions {
		if err := checkPartition(filepath.Join(dir, partitionsName, p.Name())); err != nil {
			return err
		}
	}
	return nil
}

// checkPartition goes through a partition's segments, oldest first.
func checkPartition(dir string) error {
	bases, err := segmentBases(dir)
	if err != nil {
		return err
	}
	known, err := knownSizes(dir)
	if err != nil {
		return err
	}
	for n, base := range bases {
		path := filepath.Join(dir, strconv.FormatInt(base, 10)+segmentSuffix)
		content, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("read segment: %w", err)
		}
		whole := int64(len(content))
		if whole < known[base] {
			return fmt.Errorf("%w: %s has %d bytes, and had %d when the broker last stopped", ErrDamaged, path, whole, known[base])
		}
		good := intact(content, base)
		torn := n == len(bases)-1 && good >= known[base] && !anyIntact(content[good:])
		if good < whole && !torn {
			return fmt.Errorf("%w: %s is not intact from byte %d on", ErrDamaged, path, good)
		}
	}
	return nil
}

const segmentSuffix = ".dat"

// segmentBases are the first offsets of a partition's segments, in order.
func segmentBases(dir string) (bases []int64, err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("read partition: %w", err)
	}
	for _, e := range entries {
		name, found := strings.CutSuffix(e.Name(), segmentSuffix)
		if base, err := strconv.ParseInt(name, 10, 64); found && err == nil {
			bases = append(bases, base)
		}
	}
	slices.Sort(bases)
	return bases, nil
}

// knownSizes are the bytes that each segment had at the last clean stop. A
// segment only grows, until retention removes it whole.
func knownSizes(dir string) (map[int64]int64, error) {
	content, err := os.ReadFile(filepath.Join(dir, snapshotName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read partition: %w", err)
	}
	var snapshot struct {
		Segments []struct {
			Base int64 `json:"base_offset"`
			Size int64 `json:"size"`
		} `json:"segments"`
	}
	if json.Unmarshal(content, &snapshot) != nil {
		return nil, nil // kfake goes without it as well
	}
	sizes := map[int64]int64{}
	for _, s := range snapshot.Segments {
		sizes[s.Base] = s.Size
	}
	return sizes, nil
}

// A record batch of Kafka (v2): base offset (8 bytes), length of what follows
// (4), leader epoch (4), magic (1), CRC-32C (4) of all that follows it, which is
// attributes (2), offset of the last record (4), and more.
const (
	lengthAt, magicAt, crcAt, crcEnd = 8, 16, 17, 21
	lastDeltaAt                      = 23 // offset of the last record, from the base
	headerBytes                      = 61
	magic                            = 2
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// batch is the length of the intact batch that content begins with, 0 when
// there is none. A batch that stands at an offset before from is out of place.
func batch(content []byte, from int64) (size, next int64) {
	if len(content) < headerBytes || content[magicAt] != magic {
		return 0, 0
	}
	size = int64(lengthAt+4) + int64(binary.BigEndian.Uint32(content[lengthAt:]))
	if size < headerBytes || size > int64(len(content)) ||
		binary.BigEndian.Uint32(content[crcAt:]) != crc32.Checksum(content[crcEnd:size], castagnoli) {
		return 0, 0
	}
	base := int64(binary.BigEndian.Uint64(content))
	if base < from {
		return 0, 0
	}
	return size, base + int64(binary.BigEndian.Uint32(content[lastDeltaAt:])) + 1
}

// intact is how many bytes of a segment are batches in their order. Offsets
// may be missing between them, where a key was written again.
func intact(content []byte, from int64) (at int64) {
	for {
		size, next := batch(content[at:], from)
		if size == 0 {
			return at
		}
		at, from = at+size, next
	}
}

// anyIntact says whether a batch begins anywhere in what is left of a segment:
// then it was not the end of a write that broke.
func anyIntact(rest []byte) bool {
	for at := 1; at+headerBytes <= len(rest); at++ {
		if size, _ := batch(rest[at:], 0); size > 0 {
			return true
		}
	}
	return false
}
