// Package knowledge is what a shop's bot knows: its FAQ, the questions that
// nobody answered yet (待补充), and the reviews that turn one into the other.
//
// The FAQ is a log: a compacted topic with the latest record of each entry,
// which every replica follows to its end before it serves and as it grows
// from then on. So an approval is live on all of them at once, and a restart
// forgets none. Unanswered questions are no state: they are read from the
// facts about replies and clustered when they are asked for.
//
// What must stay true:
//   - a record is in force only once the broker has it;
//   - of two records of an entry the later in the log counts, on every replica;
//   - the version of a shop's FAQ is a function of its entries, so that what was
//     answered by one set is never taken for an answer of another.
package knowledge

import (
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"askbuy/models/faq"
)

// State is what a record says of its entry. The set is closed.
type State string

// The states.
const (
	Live     State = "live"     // it answers
	Removed  State = "removed"  // it does not, though a starter set may have it
	Rejected State = "rejected" // a question that shall not be answered
)

// Origin is where an entry comes from. The set is closed.
type Origin string

// The origins.
const (
	Approved Origin = "approved" // from an unanswered question
	Imported Origin = "imported"
	Starter  Origin = "starter" // shipped: for a shop's first day
)

// Record is what the log says of an entry.
type Record struct {
	ShopID    string   `json:"shop_id"`
	ID        string   `json:"id"`
	State     State    `json:"state"`
	Origin    Origin   `json:"origin,omitempty"`
	Questions []string `json:"questions,omitempty"`
	// Hashes are of the wordings of a rejected question. The words themselves are
	// shoppers', and are kept only where an erasure finds them.
	Hashes   []string `json:"hashes,omitempty"`
	Answer   string   `json:"answer,omitempty"`
	Language string   `json:"lang,omitempty"`
	By       string   `json:"by,omitempty"` // who reviewed it, where that was told
	At       int64    `json:"at"`           // ms
}

// Limits of an entry, beside those of package faq, so that a record is smaller
// than the broker's bound.
const (
	maxID       = 128  // bytes
	maxQuestion = 1000 // characters
	maxAnswer   = 4000 // characters
	maxRecord   = 1 << 19
)

func (r Record) validate() error {
	switch {
	case r.ShopID == "" || len(r.ShopID) > 2*maxID:
		return fmt.Errorf("shop_id: want 1 to %d bytes", 2*maxID)
	case r.ID == "" || len(r.ID) > maxID || !utf8.ValidString(r.ID) || strings.ContainsAny(r.ID, "\x00\r\n"):
		return fmt.Errorf("id %q: want 1 to %d bytes on one line", r.ID, maxID)
	case !slices.Contains([]State{Live, Removed, Rejected}, r.State):
		return fmt.Errorf("entry %q: state %q is unknown", r.ID, r.State)
	case len(r.By) > 2*maxID || !utf8.ValidString(r.By):
		return fmt.Errorf("by: want at most %d bytes of UTF-8", 2*maxID)
	case r.State == Live && utf8.RuneCountInString(r.Answer) > maxAnswer:
		return fmt.Errorf("entry %q: its answer has more than %d characters", r.ID, maxAnswer)
	}
	for _, q := range r.Questions {
		if n := utf8.RuneCountInString(q); n == 0 || n > maxQuestion {
			return fmt.Errorf("entry %q: a question has %d characters, want 1 to %d", r.ID, n, maxQuestion)
		}
	}
	return nil
}

func (r Record) entry() faq.Entry {
	return faq.Entry{ID: r.ID, Questions: r.Questions, Answer: r.Answer, Language: r.Language}
}

//go:embed starter.json
var starterJSON []byte

// starter is the shipped set, parsed once; the tests see that it is sound.
var starter = sync.OnceValue(func() []faq.Entry {
	var entries []faq.Entry
	if err := json.Unmarshal(starterJSON, &entries, json.RejectUnknownMembers(true)); err != nil {
		panic(err)
	}
	return entries
})

// Set is the FAQ of every shop. It is safe for concurrent use.
type Set struct {
	base   []faq.Entry // beneath every shop's own entries
	common *Shop       // of shops without a record

	mu    sync.Mutex
	shops map[string]*owned
}

// owned is a shop with records of its own.
type owned struct {
	records map[string]Record // by id
	changes int               // of the records, ever
	built   *Shop             // as of so many changes
	upTo    int

	building sync.Mutex // is held without the set's, which is taken within it
}

// Shop is the FAQ of one shop. It is immutable.
type Shop struct {
	Version string // of its entries
	Entries []faq.Entry
	Origins map[string]Origin // by id
	index   *faq.Index
}

// NewSet has the given entries beneath every shop's own; nil: the shipped
// ones.
func NewSet(base []faq.Entry) (*Set, error) {
	if base == nil {
		base = starter()
	}
	s := &Set{base: base, shops: map[string]*owned{}}
	var err error
	s.common, err = s.build(nil)
	return s, err
}

// Apply takes a record in.
func (s *Set) Apply(r Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := s.shops[r.ShopID]
	if o == nil {
		o = &owned{records: map[string]Record{}, built: s.common}
		s.shops[r.ShopID] = o
	}
	if r.State == Rejected && len(r.Questions) > 0 { // as an older version wrote it
		r.Hashes, r.Questions = hashesOf(r.Questions), nil
	}
	o.records[r.ID] = r
	o.changes++
}

// Shop is a shop's FAQ: with all records that were taken in, but for those of
// the moment in which another caller lays it out anew.
func (s *Set) Shop(id string) *Shop {
	o, shop, dirty := s.look(id)
	if dirty && o.building.TryLock() {
		defer o.building.Unlock()
		return s.rebuild(o)
	}
	return shop
}

// Fresh is a shop's FAQ with all records that were taken in.
func (s *Set) Fresh(id string) *Shop {
	o, shop, dirty := s.look(id)
	if !dirty {
		return shop
	}
	o.building.Lock()
	defer o.building.Unlock()
	return s.rebuild(o)
}

func (s *Set) look(id string) (o *owned, shop *Shop, dirty bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o = s.shops[id]; o == nil {
		return nil, s.common, false
	}
	return o, o.built, o.upTo < o.changes
}

// rebuild lays a shop out while look-ups go on with what it was.
func (s *Set) rebuild(o *owned) *Shop {
	s.mu.Lock()
	records, changes := maps.Clone(o.records), o.changes
	s.mu.Unlock()
	shop, err := s.build(records)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil { // records are checked as a set before they are published; what is broken all the same changes nothing
		o.built = shop
	}
	o.upTo = changes
	return o.built
}

// Nearest are the entries of a shop that are nearest to a text.
func (s *Set) Nearest(shop, text string, k int) []faq.Match {
	return s.Shop(shop).index.Nearest(text, k)
}

// Version is that of a shop's entries.
func (s *Set) Version(shop string) string { return s.Shop(shop).Version }

// Records are a shop's own, by id.
func (s *Set) Records(shop string) map[string]Record {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.shops[shop]; o != nil {
		return maps.Clone(o.records)
	}
	return nil
}

// build lays the base and a shop's records over each other.
func (s *Set) build(records map[string]Record) (*Shop, error) {
	shop := &Shop{Origins: map[string]Origin{}}
	for _, e := range s.base {
		if _, replaced := records[e.ID]; !replaced {
			shop.Entries = append(shop.Entries, e)
			shop.Origins[e.ID] = Starter
		}
	}
	for id, r := range records {
		if r.State == Live {
			shop.Entries = append(shop.Entries, r.entry())
			shop.Origins[id] = r.Origin
		}
	}
	slices.SortFunc(shop.Entries, func(a, b faq.Entry) int { return cmp.Compare(a.ID, b.ID) })
	var err error
	if shop.index, err = faq.New(shop.Entries); err != nil {
		return nil, err
	}
	shop.Version, err = version(shop.Entries)
	return shop, err
}

// version names entries by their content.
func version(entries []faq.Entry) (string, error) {
	raw, err := json.Marshal(entries)
	if err != nil {
		return "", fmt.Errorf("name a FAQ: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:8]), nil
}
