package dedup

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/bits-and-blooms/bloom/v3"

	"askbuy/internal/crash"
	"askbuy/schemas/event"
)

// Offsets are the offsets up to which a memory knows each partition of each
// topic.
type Offsets map[string]map[int32]int64

var (
	// ErrNoSnapshot: there is none yet.
	ErrNoSnapshot = errors.New("there is no snapshot")
	// ErrBadSnapshot: it is damaged, of another version, or of a memory of
	// another size. To start empty is safe: repetitions are then told downstream.
	ErrBadSnapshot = errors.New("snapshot cannot be used")
)

// A snapshot, numbers little-endian: magic with version, the configuration,
// the offsets, each shard (see writeShard), CRC-32C of all before.
const snapshotMagic = "askbuy dedup 1\n"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Save writes the memory into a file that is either whole or as it was. The
// offsets must have been asked for before: what was accepted since is then
// either in the snapshot or behind them.
func (f *Filter) Save(path string, at Offsets) error {
	file, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("save dedupe snapshot: %w", err)
	}
	defer os.Remove(file.Name()) //nolint:errcheck // gone after the rename
	err = f.write(file, at)
	if err = errors.Join(err, file.Sync(), file.Close()); err == nil {
		crash.At(crash.SnapshotWritten)
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("save dedupe snapshot: %w", err)
	}
	return nil
}

// Load replaces an empty memory by that of a snapshot and returns the offsets
// it was saved with. After an error the memory is still empty.
func (f *Filter) Load(path string) (Offsets, error) {
	file, err := os.Open(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, ErrNoSnapshot
	}
	if err != nil {
		return nil, fmt.Errorf("load dedupe snapshot: %w", err)
	}
	defer file.Close() //nolint:errcheck // only read
	return f.read(file)
}

func (f *Filter) write(w io.Writer, at Offsets) error {
	sum := crc32.New(castagnoli)
	out := bufio.NewWriterSize(io.MultiWriter(w, sum), 1<<16)
	_, err := out.Write(at.append(f.cfg.append([]byte(snapshotMagic))))
	var b []byte
	for i := range f.shards {
		s := &f.shards[i]
		s.mu.Lock()
		b = s.append(b[:0])
		s.mu.Unlock()
		if err == nil {
			_, err = out.Write(b)
		}
	}
	if err = errors.Join(err, out.Flush()); err != nil {
		return err
	}
	_, err = w.Write(binary.LittleEndian.AppendUint32(nil, sum.Sum32()))
	return err
}

func (c Config) append(b []byte) []byte {
	for _, v := range [...]uint64{uint64(c.MemoryBytes), uint64(c.Horizon), uint64(c.Generations), math.Float64bits(c.FalsePositive)} {
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return b
}

func (o Offsets) append(b []byte) []byte {
	n := 0
	for _, partitions := range o {
		n += len(partitions)
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(n))
	for topic, partitions := range o {
		for partition, offset := range partitions {
			b = binary.LittleEndian.AppendUint64(b, uint64(len(topic)))
			b = append(b, topic...)
			b = binary.LittleEndian.AppendUint64(b, uint64(partition))
			b = binary.LittleEndian.AppendUint64(b, uint64(offset))
		}
	}
	return b
}

func (s *shard) append(b []byte) []byte {
	b = binary.LittleEndian.AppendUint64(b, s.commits)
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s.blooms)))
	for _, g := range s.blooms {
		for _, v := range [...]uint64{uint64(g.born.UnixNano()), g.first, uint64(g.ids), uint64(len(g.sample))} {
			b = binary.LittleEndian.AppendUint64(b, v)
		}
		for id := range g.sample {
			b = append(b, id[:]...)
		}
		for _, word := range g.filter.BitSet().Words() {
			b = binary.LittleEndian.AppendUint64(b, word)
		}
	}
	b = binary.LittleEndian.AppendUint64(b, uint64(len(s.exact)))
	for _, e := range s.exact {
		b = binary.LittleEndian.AppendUint64(b, e.first)
		b = binary.LittleEndian.AppendUint64(b, uint64(len(e.copies)))
		for id, c := range e.copies {
			b = appendCopy(append(b, id[:]...), c)
		}
	}
	return b
}

const copySize = 26

func appendCopy(b []byte, c event.Copy) []byte {
	noTS := byte(0)
	if c.NoTS {
		noTS = 1
	}
	b = append(append(b, c.Version, noTS), c.Body[:]...)
	return binary.LittleEndian.AppendUint64(b, uint64(c.TS))
}

// reader reads a snapshot; after the first failure everything is zero.
type reader struct {
	in  *bufio.Reader
	sum hash.Hash32
	err error
	buf []byte
}

func (r *reader) bytes(n uint64) []byte {
	if uint64(cap(r.buf)) < n {
		r.buf = make([]byte, n)
	}
	b := r.buf[:n]
	if r.err == nil {
		_, r.err = io.ReadFull(r.in, b)
	}
	if r.err != nil {
		clear(b)
	}
	r.sum.Write(b)
	return b
}

func (r *reader) number() uint64 { return binary.LittleEndian.Uint64(r.bytes(8)) }

// count is a number that must not be above most; 0 when it is.
func (r *reader) count(most uint64) uint64 {
	n := r.number()
	if r.err == nil && n > most {
		r.err = errors.New("a number is out of range")
	}
	if r.err != nil {
		return 0
	}
	return n
}

func (r *reader) id() (id event.IdentityHash) {
	copy(id[:], r.bytes(uint64(len(id))))
	return id
}

func (f *Filter) read(file io.Reader) (Offsets, error) {
	r := &reader{in: bufio.NewReaderSize(file, 1<<16), sum: crc32.New(castagnoli)}
	bad := func(why string) error { return fmt.Errorf("%w: %s", ErrBadSnapshot, why) }
	if string(r.bytes(uint64(len(snapshotMagic)))) != snapshotMagic {
		return nil, bad("it is of another version")
	}
	if want := f.cfg.append(nil); string(r.bytes(uint64(len(want)))) != string(want) {
		return nil, bad("it is of a memory with other settings")
	}
	at := r.offsets()
	shards := make([]shard, shardCount)
	for i := range shards {
		f.readShard(r, &shards[i])
		if r.err != nil {
			return nil, bad(r.err.Error())
		}
	}
	if want := r.sum.Sum32(); binary.LittleEndian.Uint32(r.bytes(4)) != want || r.err != nil {
		return nil, bad("its checksum is wrong")
	}
	for i := range shards {
		s := &f.shards[i]
		s.mu.Lock()
		s.commits, s.blooms, s.exact = shards[i].commits, shards[i].blooms, shards[i].exact
		s.mu.Unlock()
	}
	return at, nil
}

// maxOffsets is far more partitions than there are.
const maxOffsets = 1 << 16

func (r *reader) offsets() Offsets {
	at := Offsets{}
	for range r.count(maxOffsets) {
		topic := string(r.bytes(r.count(256)))
		partition, offset := int32(r.number()), int64(r.number())
		if at[topic] == nil {
			at[topic] = map[int32]int64{}
		}
		at[topic][partition] = offset
	}
	return at
}

func (f *Filter) readShard(r *reader, s *shard) {
	s.commits = r.number()
	words := (uint64(f.plan.bits) + 63) / 64
	for range r.count(uint64(f.cfg.Generations)) {
		g := &generation{born: time.Unix(0, int64(r.number())), first: r.number(), ids: uint(r.number()), sample: sample{}}
		for range r.count(uint64(f.plan.bloomIDs)) {
			g.sample[r.id()] = struct{}{}
		}
		raw := r.bytes(8 * words)
		set := make([]uint64, words)
		for i := range set {
			set[i] = binary.LittleEndian.Uint64(raw[8*i:])
		}
		g.filter = bloom.FromWithM(set, f.plan.bits, f.plan.hashes)
		s.blooms = append(s.blooms, g)
	}
	for range r.count(exactSlices) {
		e := &slice{first: r.number(), copies: map[event.IdentityHash]event.Copy{}}
		for range r.count(uint64(f.plan.exactIDs)) {
			id, raw := r.id(), r.bytes(copySize)
			c := event.Copy{Version: raw[0], NoTS: raw[1] == 1, TS: int64(binary.LittleEndian.Uint64(raw[18:]))}
			copy(c.Body[:], raw[2:])
			e.copies[id] = c
		}
		s.exact = append(s.exact, e)
	}
}
