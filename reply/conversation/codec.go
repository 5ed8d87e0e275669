package conversation

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"sync"

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
	w := writers.Get().(*writer)
	defer writers.Put(w)
	w.b, w.table, w.latest = w.b[:0], w.table[:0], s.LastAt
	w.state(s)
	var flags byte
	var handoffs []byte
	if len(s.Handoffs) > 0 {
		flags = flagHanded
		var err error
		if handoffs, err = json.Marshal(s.Handoffs, json.Deterministic(true)); err != nil {
			return nil, err
		}
	}
	h := append(w.head[:0], formVersion, flags)
	h = binary.AppendUvarint(binary.AppendVarint(h, s.LastAt), uint64(len(w.table)))
	for _, id := range w.table {
		h = appendID(h, id)
	}
	w.head = h
	return slices.Concat(h, w.b, handoffs), nil
}

// handed tells of an encoded state whether there is a handoff.
func handed(value []byte) bool {
	return len(value) > 1 && value[0] == formVersion && value[1]&flagHanded != 0
}

// writers are used again: every message of a shopper's writes a state.
var writers = sync.Pool{New: func() any { return new(writer) }}

// writer collects the lists, and the ids that they name.
type writer struct {
	head, b []byte
	table   []string
	latest  int64
}

func (w *writer) state(s *State) {
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

// id looks through the table: there are few, and a map of them costs more.
func (w *writer) id(s string) {
	n := slices.Index(w.table, s)
	if n < 0 {
		n = len(w.table)
		w.table = append(w.table, s)
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
	if len(slots) == 0 {
		w.uint(0)
		return
	}
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
	if head := len(id) - digits; head >= 0 && isHex(id[head:]) {
		b = binary.AppendUvarint(b, uint64(head)<<1|1)
		b, _ = hex.AppendDecode(append(b, id[:head]...), []byte(id[head:])) // digits all
		return b
	}
	return append(binary.AppendUvarint(b, uint64(len(id))<<1), id...)
}

// isHex reports whether a string is what hex.EncodeToString writes.
func isHex(s string) bool {
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Decode reads a state. It shares nothing with the bytes; its texts lie in one
// piece of memory, and so do its ids.
func Decode(b []byte) (*State, error) {
	if len(b) < 2 || b[0] != formVersion {
		return nil, errForm
	}
	r := reader{b: b[2:], copied: string(b[2:])}
	s := &State{LastAt: r.int()}
	r.latest = s.LastAt
	r.ids()
	s.Questions, s.Answers, s.Words = r.said(), r.said(), r.said()
	if n := r.count(); n > 0 {
		s.Known = make([]Known, n)
		for i := range s.Known {
			s.Known[i] = Known{ID: r.id(), Conv: r.id(), At: r.at(), Answered: r.flag(), Route: r.id(), Dialogue: r.id(), Slots: r.slots()}
		}
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
	b      []byte // what is left
	copied string // all there was
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

func (r *reader) at() int64  { return r.latest - r.int() }
func (r *reader) flag() bool { b := r.take(1); return len(b) == 1 && b[0] != 0 }

func (r *reader) text() string {
	n := len(r.take(r.uint()))
	end := len(r.copied) - len(r.b)
	return r.copied[end-n : end]
}

func (r *reader) id() string {
	n := r.uint()
	if n >= uint64(len(r.table)) {
		r.bad = true
		return ""
	}
	return r.table[n]
}

// ids reads the table. Its strings lie in one piece of memory.
func (r *reader) ids() {
	n := r.count()
	r.table = make([]string, n)
	var all strings.Builder
	all.Grow(min(n*(digits+len("chat-")+len("chat-0000-")), 2*len(r.b)))
	var unpacked [digits]byte
	for i := range r.table {
		from, head := all.Len(), r.uint()
		all.Write(r.take(head >> 1))
		if head&1 != 0 {
			hex.Encode(unpacked[:], r.take(digits/2))
			all.Write(unpacked[:])
		}
		r.table[i] = all.String()[from:]
	}
}

func (r *reader) said() []Said {
	n := r.count()
	if n == 0 {
		return nil
	}
	list := make([]Said, n)
	for i := range list {
		list[i] = Said{ID: r.id(), Conv: r.id(), At: r.at(), Text: r.text()}
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
