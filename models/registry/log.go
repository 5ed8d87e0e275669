package registry

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
)

// Notice is the least time between the publication of an entry and its
// effect. Messages are accepted 5 minutes ahead of time at most.
const Notice = 10 * time.Minute

// delivery is how long the publication itself may take.
const delivery = 30 * time.Second

// Beginning is the time of the first entry, which counts for all times before
// it, too.
const Beginning int64 = 0

// Entry says what reads messages from an event time on, until the next entry
// does.
type Entry struct {
	From        int64  `json:"from_ms"`
	ModelID     string `json:"model_id"`
	RulesID     string `json:"rules_id,omitempty"` // "": no rules
	PublishedAt int64  `json:"published_at"`       // ms
	By          string `json:"by"`
	Why         string `json:"why"`
}

// Validate reports every problem at once.
func (e Entry) Validate() error {
	var problems []error
	if e.ModelID == "" {
		problems = append(problems, errors.New("model_id: is empty"))
	}
	if e.From < Beginning {
		problems = append(problems, fmt.Errorf("from_ms: %d is before the beginning", e.From))
	}
	if e.From != Beginning && e.From-e.PublishedAt < Notice.Milliseconds() {
		problems = append(problems, fmt.Errorf("from_ms: %d is less than %v after published_at %d", e.From, Notice, e.PublishedAt))
	}
	return errors.Join(problems...)
}

// key is the record's: compaction keeps one entry of each time.
func (e Entry) key() []byte { return strconv.AppendInt(nil, e.From, 10) }

func encodeEntry(e Entry) ([]byte, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write entry of the models log: %w", err)
	}
	return b, nil
}

// decodeEntry is strict: an entry that is passed over would let another model
// score.
func decodeEntry(key, value []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(value, &e, json.RejectUnknownMembers(true)); err != nil {
		return Entry{}, fmt.Errorf("read entry %q of the models log: %w; a newer version wrote it: run that one", key, err)
	}
	if string(e.key()) != string(key) {
		return Entry{}, fmt.Errorf("read entry %q of the models log: it is of time %d", key, e.From)
	}
	return e, nil
}

// Log are entries by their times, all different. It never changes.
type Log []Entry

// With is the log and another entry; of two of one time the later one counts,
// as it does in a compacted topic.
func (l Log) With(e Entry) Log {
	i, taken := slices.BinarySearchFunc(l, e, func(a, b Entry) int { return cmp.Compare(a.From, b.From) })
	if taken {
		l = slices.Clone(l)
		l[i] = e
		return l
	}
	return slices.Insert(slices.Clone(l), i, e)
}

// At is the entry in force at an event time. The log must not be empty.
func (l Log) At(ts int64) Entry { return l[l.index(ts)] }

func (l Log) index(ts int64) int {
	i, exact := slices.BinarySearchFunc(l, ts, func(e Entry, ts int64) int { return cmp.Compare(e.From, ts) })
	if exact {
		return i
	}
	return max(i-1, 0)
}

// Last is the entry of the greatest time. The log must not be empty.
func (l Log) Last() Entry { return l[len(l)-1] }

// Former is the model that read before the last one did.
func (l Log) Former() (id string, ok bool) {
	for _, e := range slices.Backward(l) {
		if e.ModelID != l.Last().ModelID {
			return e.ModelID, true
		}
	}
	return "", false
}

// has reports whether the log has an entry of that time.
func (l Log) has(from int64) bool {
	return slices.ContainsFunc(l, func(e Entry) bool { return e.From == from })
}

// next is the time that an entry published now takes effect: after all others.
func (l Log) next(now time.Time) int64 {
	from := now.Add(Notice + delivery).UnixMilli()
	if len(l) > 0 {
		from = max(from, l.Last().From+1)
	}
	return from
}
