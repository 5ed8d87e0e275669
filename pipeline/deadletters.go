package pipeline

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/internal/keyring"
	"askbuy/report"
	"askbuy/schemas/event"
)

// Letters finds what stands behind dead letters, and puts it into the pipeline
// again. A letter of the door holds the bytes that were received. A letter of
// the later stages is about a record, which stays in its topic.
type Letters struct {
	ring   *keyring.Ring
	kafka  kafka.Config
	db     *clickhouse.DB
	epochs map[string]int64
}

// Original is what was set aside, as far as the broker still has it.
type Original struct {
	Bytes  []byte        // as received; nil: gone
	Record *kafka.Record // of the later stages, whole and with its topic's whole name; nil: gone
}

// OpenLetters opens the dead letters of a configuration or of the instance
// that runs on its data directory.
func OpenLetters(ctx context.Context, c Config, db *clickhouse.DB) (*Letters, error) {
	k, err := Broker(c)
	if err != nil {
		return nil, err
	}
	infos, err := provision(ctx, k)
	if err != nil {
		return nil, err
	}
	epochs, err := topicEpochs(ctx, db, k.Prefix, infos, slices.Concat(event.RawTopics(), event.DerivedTopics()))
	if err != nil {
		return nil, err
	}
	ring, err := openKeyring(ctx, c)
	if err != nil {
		return nil, err
	}
	return &Letters{kafka: k, db: db, epochs: epochs, ring: ring}, nil
}

// Read finds the originals of letters, in the order of the letters. progress
// is told how many records of how many were looked through, when that takes
// more than a look at each letter's place.
func (l *Letters) Read(ctx context.Context, letters []report.DeadLetter, progress func(done, of int64)) ([]Original, error) {
	originals := make([]Original, len(letters))
	for _, place := range []func(report.DeadLetter) report.Place{
		func(d report.DeadLetter) report.Place { return d.First },
		func(d report.DeadLetter) report.Place { return d.Last }, // the broker may have dropped the first
	} {
		var wanted []wantedRecord
		for n, letter := range letters {
			if originals[n].Bytes == nil && originals[n].Record == nil {
				wanted = append(wanted, wantedRecord{place(letter), n})
			}
		}
		err := l.readPlaces(ctx, wanted, func(n int, r kafka.Fetched) { originals[n] = l.original(ctx, letters[n], r) })
		if err != nil {
			return nil, err
		}
	}
	return originals, l.scan(ctx, letters, originals, progress)
}

// original takes what a letter is about from the record at its place. A record
// that is another letter's says nothing.
func (l *Letters) original(ctx context.Context, letter report.DeadLetter, r kafka.Fetched) Original {
	if letter.Stage != event.StageIngest {
		return Original{Bytes: r.Value, Record: &kafka.Record{Topic: l.kafka.Name(letter.Topic), Key: r.Key, Value: r.Value, Headers: r.Headers}}
	}
	kept, err := l.decodeLetter(ctx, r.Value)
	if err != nil || kept.ID != letter.ID {
		return Original{}
	}
	return Original{Bytes: kept.Bytes}
}

// decodeLetter reads a letter and opens its bytes.
func (l *Letters) decodeLetter(ctx context.Context, value []byte) (*event.DeadLetter, error) {
	var letter event.DeadLetter
	if err := json.Unmarshal(value, &letter); err != nil {
		return nil, fmt.Errorf("decode dead letter: %w", err)
	}
	if letter.Sealed {
		opened, err := l.ring.Unseal(ctx, letter.Bytes, []byte(letter.ID))
		if err != nil {
			return nil, fmt.Errorf("open the bytes of dead letter %s: %w: name the data directory of the process that set it aside with --data-dir", letter.ID, err)
		}
		letter.Bytes, letter.Sealed = opened, false
	}
	return &letter, nil
}

// ReadAt reads the letter that stands at an offset of the dead letters' topic
// itself; nil when there is none. It needs no warehouse to have seen it.
func (l *Letters) ReadAt(ctx context.Context, partition int32, offset int64) (*event.DeadLetter, error) {
	var letter *event.DeadLetter
	var wrong error
	err := kafka.ReadPartition(ctx, l.kafka, l.kafka.Name(event.TopicDeadLetters), partition, offset, offset+1, func(r kafka.Fetched) bool {
		letter, wrong = l.decodeLetter(ctx, r.Value)
		return false
	})
	return letter, cmp.Or(err, wrong)
}

// wantedRecord is a place to read and whose letter wants it.
type wantedRecord struct {
	report.Place
	letter int
}

// closeBy is up to how many records between two wanted ones it is cheaper to
// read on than to ask again.
const closeBy = 1000

// readPlaces reads what is still at the wanted places. A place in an earlier
// life of its topic is gone.
func (l *Letters) readPlaces(ctx context.Context, wanted []wantedRecord, found func(letter int, r kafka.Fetched)) error {
	wanted = slices.DeleteFunc(wanted, func(w wantedRecord) bool { return l.epochs[w.Topic] == 0 || l.epochs[w.Topic] != w.Epoch })
	slices.SortFunc(wanted, func(a, b wantedRecord) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition), cmp.Compare(a.Offset, b.Offset))
	})
	for len(wanted) > 0 {
		first, n := wanted[0], 1
		for n < len(wanted) && wanted[n].Topic == first.Topic && wanted[n].Partition == first.Partition && wanted[n].Offset-wanted[n-1].Offset <= closeBy {
			n++
		}
		run := wanted[:n]
		wanted = wanted[n:]
		err := kafka.ReadPartition(ctx, l.kafka, l.kafka.Name(first.Topic), first.Partition, first.Offset, run[n-1].Offset+1, func(r kafka.Fetched) bool {
			for len(run) > 0 && run[0].Offset <= r.Offset {
				if run[0].Offset == r.Offset {
					found(run[0].letter, r)
				}
				run = run[1:]
			}
			return len(run) > 0
		})
		if err != nil {
			return fmt.Errorf("read what was set aside: %w", err)
		}
	}
	return nil
}

// scan looks through the dead letters' topic for letters of the later stages
// whose record is gone: the letter, which is younger, repeats its bytes.
func (l *Letters) scan(ctx context.Context, letters []report.DeadLetter, originals []Original, progress func(done, of int64)) error {
	missing := map[int32]map[string]int{} // by partition of the letters, by id
	for n, letter := range letters {
		if originals[n].Record != nil || letter.Stage == event.StageIngest {
			continue
		}
		partition := kafka.Partition([]byte(letter.Topic+":"+strconv.Itoa(int(letter.Partition))), l.kafka.Partitions)
		if missing[partition] == nil {
			missing[partition] = map[string]int{}
		}
		missing[partition][letter.ID] = n
	}
	if len(missing) == 0 {
		return nil
	}
	total, err := l.countLetters(ctx, missing)
	if err != nil {
		return err
	}
	done := int64(0)
	for partition, ids := range missing {
		err := kafka.ReadPartition(ctx, l.kafka, l.kafka.Name(event.TopicDeadLetters), partition, 0, math.MaxInt64, func(r kafka.Fetched) bool {
			done++
			progress(done, total)
			if letter, err := l.decodeLetter(ctx, r.Value); err == nil {
				if n, wanted := ids[letter.ID]; wanted && letter.Bytes != nil {
					originals[n].Bytes = letter.Bytes
					delete(ids, letter.ID)
				}
			}
			return len(ids) > 0
		})
		if err != nil {
			return fmt.Errorf("look through the dead letters: %w", err)
		}
	}
	return nil
}

// countLetters is how many records the partitions of the letters' topic hold.
func (l *Letters) countLetters(ctx context.Context, partitions map[int32]map[string]int) (total int64, err error) {
	admin, err := kafka.NewAdmin(l.kafka)
	if err != nil {
		return 0, err
	}
	defer admin.Close()
	topic := l.kafka.Name(event.TopicDeadLetters)
	starts, err := admin.StartOffsets(ctx, topic)
	if err != nil {
		return 0, err
	}
	ends, err := admin.EndOffsets(ctx, topic)
	for p := range partitions {
		total += ends[topic][p] - starts[topic][p]
	}
	return total, err
}
