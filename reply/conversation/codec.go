package conversation

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// A state's form is binary, because every message rewrites it and every
// replica holds it: a version, flags, a table of ids, and the lists, in which
// an id is a place in that table and a time is counted back from the latest.
const (
	formVersion = 1
	// flagHanded: there is a handoff, be it closed.
	flagHanded = 1
)

var errForm = errors.New("decode conversation: damaged, or of another version")

// Encode writes a state.
func Encode(s *State) ([]byte, error) {
	w := writer{ids: map[string]int{}, latest: s.LastAt}
	w.said(s.Questions)
	w.said(s.Answers)
	w.said(s.Words)
	w.uint(len(s.Known))
	for _, k := range s.Known {
		w.id(k.ID)
		w.id(k.Conv)
		w.at(k.At)
		w.flag(k.Answered)
		w.id(k.Route)
		w.id(k.Dialogue)
		w.slots(k.Slots)
	}
	w.uint(len(s.Shown))
	for _, m := range s.Shown {
		w.id(m.ID)
		w.at(m.At)
	}
	var handoffs []byte
	if len(s.Handoffs) > 0 {
		var err error
		if handoffs, err = json.Marshal(s.Handoffs, json.Deterministic(true)); err != nil {
			return nil, err
		}
	}
	var flags byte
	if len(s.Handoffs) > 0 {
		flags = flagHanded
	}
	b := binary.AppendVarint([]byte{formVersion, flags}, s.LastAt)
	b = binary.AppendUvarint(b, uint64(len(w.table)))
	for _, id := range w.table {
		b = appendID(b, id)
	}
	return slices.Clip(append(append(b, w.b...), handoffs...)), nil
}

// handed tells of an encoded state whether there is a handoff.
func handed(value []byte) bool {
	return len(value) > 1 && value[0] == formVersion && value[1]&flagHanded != 0
}

type writer struct {
	b      []byte
	ids    map[string]int
	table  []string
	latest int64
}

func (w *writer) uint(n int)    { w.b = binary.AppendUvarint(w.b, uint64(n)) }
func (w *writer) at(ms int64)   { w.b = binary.AppendVarint(w.b, w.latest-ms) }
func (w *writer) text(s string) { w.uint(len(s)); w.b = append(w.b, s...) }

func (w *writer) flag(set bool) {
	if set {
		w.b = append(w.b, 1)
	} else {
		w.b = append(w.b, 0)
	}
}

func (w *writer) id(s string) {
	n, known := w.ids[s]
	if !known {
		n = len(w.table)
		w.ids[s], w.table = n, append(w.table, s)
	}
	w.uint(n)
}

func (w *writer) said(list []Said) {
	w.uint(len(list))
	for _, s := range list {
		w.id(s.ID)
		w.id(s.Conv)
		w.at(s.At)
		w.text(s.Text)
	}
}

func (w *writer) slots(slots map[string]string) {
	names := make([]string, 0, len(slots))
	for name := range slots {
		names = append(names, name)
	}
	slices.Sort(names)
	w.uint(len(names))
	for _, name := range names {
		w.id(name)
		w.text(slots[name])
	}
}

// digits is how many hexadecimal digits at the end of an id are written as
// half as many bytes: those of the ids that askbuy makes.
const digits = 32

// appendID writes an id with its digits packed: the length of what is before
// them, doubled, plus one when there are any.
func appendID(b []byte, id string) []byte {
	if head := len(id) - digits; head >= 0 {
		if packed, err := hex.DecodeString(id[head:]); err == nil && hex.EncodeToString(packed) == id[head:] {
			b = binary.AppendUvarint(b, uint64(head)<<1|1)
			return append(append(b, id[:head]...), packed...)
		}
	}
	return append(binary.AppendUvarint(b, uint64(len(id))<<1), id...)
}

// Decode reads a state. It shares nothing with the bytes.
func Decode(b []byte) (*State, error) {
	if len(b) < 2 || b[0] != formVersion {
		return nil, errForm
	}
	r := reader{b: b[2:]}
	s := &State{LastAt: r.int()}
	r.latest = s.LastAt
	for range r.count() {
		r.table = append(r.table, r.packedID())
	}
	s.Questions, s.Answers, s.Words = r.said(), r.said(), r.said()
	for range r.count() {
		k := Known{ID: r.id(), Conv: r.id(), At: r.at(), Answered: r.flag(), Route: r.id(), Dialogue: r.id(), Slots: r.slots()}
		s.Known = append(s.Known, k)
	}
	for range r.count() {
		s.Shown = append(s.Shown, Mark{r.id(), r.at()})
	}
	if r.bad {
		return nil, errForm
	}
	if len(r.b) > 0 {
		if err := json.Unmarshal(r.b, &s.Handoffs); err != nil {
			return nil, errForm
		}
	}
	return s, nil
}

// reader reads until something is amiss, and nothing after that.
type reader struct {
	b      []byte
	table  []string
	latest int64
	bad    bool
}

func (r *reader) take(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return nil
	}
	taken := r.b[:n]
	r.b = r.b[n:]
	return taken
}

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

// count is the length of a list: every item takes a byte at least.
func (r *reader) count() int {
	n := r.uint()
	if n > uint64(len(r.b)) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *reader) at() int64    { return r.latest - r.int() }
func (r *reader) flag() bool   { b := r.take(1); return len(b) == 1 && b[0] != 0 }
func (r *reader) text() string { return string(r.take(r.uint())) }

func (r *reader) id() string {
	n := r.uint()
	if n >= uint64(len(r.table)) {
		r.bad = true
		return ""
	}
	return r.table[n]
}

func (r *reader) packedID() string {
	n := r.uint()
	if n&1 == 0 {
		return string(r.take(n >> 1))
	}
	head := r.take(n >> 1)
	var id strings.Builder
	id.Write(head)
	id.WriteString(hex.EncodeToString(r.take(digits / 2)))
	return id.String()
}

func (r *reader) said() (list []Said) {
	for range r.count() {
		list = append(list, Said{ID: r.id(), Conv: r.id(), At: r.at(), Text: r.text()})
	}
	return list
}

func (r *reader) slots() map[string]string {
	n := r.count()
	if n == 0 {
		return nil
	}
	slots := make(map[string]string, n)
	for range n {
		name := r.id()
		slots[name] = r.text()
	}
	return slots
}
