package pipeline

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/internal/kafka"
)

// Certificate says what became of an erasure. It names nobody: who knows the
// shopper and the installation's key can compute the hash.
type Certificate struct {
	ID          string    `json:"id"`   // the beginning of the hash: the certificate's address
	Hash        string    `json:"hash"` // keyed hash of shop and user, hex
	ShopID      string    `json:"shop_id"`
	Status      string    `json:"status"`    // running or done
	ErasedAt    time.Time `json:"erased_at"` // event time: what happened by then is gone, what happens later is a new shopper's
	StartedAt   time.Time `json:"started_at"`
	CompletedAt time.Time `json:"completed_at,omitzero"`

	Rows     map[string]int64 `json:"rows_deleted"`     // by table of the warehouse
	Receipts int64            `json:"receipts_erased"`  // that now say so, and nothing of the event
	States   States           `json:"states_forgotten"` //

	// Topics keep their records until they are of this age; nothing can delete
	// a single one. GoneBy is when the last of them has.
	Topics []TopicEnd `json:"topics,omitempty"`
	GoneBy string     `json:"topics_gone_by,omitempty"` // a date, UTC

	// Earlier are the subject's erasures before this one.
	Earlier []PastErasure `json:"earlier,omitempty"`
}

// States are the stream's tables that were told to forget.
type States struct {
	Orders   int `json:"orders"`
	Journeys int `json:"journeys"`
	// Conversations with the reply service; it forgets within moments, or when
	// it is started.
	Conversations int `json:"conversations"`
}

// TopicEnd is the day by which a topic has dropped what it holds now.
type TopicEnd struct {
	Topic  string `json:"topic"`
	GoneBy string `json:"gone_by"` // a date, UTC; or what has to happen
}

// PastErasure is what an earlier certificate said.
type PastErasure struct {
	ErasedAt    time.Time        `json:"erased_at"`
	CompletedAt time.Time        `json:"completed_at"`
	Rows        map[string]int64 `json:"rows_deleted"`
	Receipts    int64            `json:"receipts_erased"`
}

// The states of a certificate.
const (
	erasureRunning = "running"
	erasureDone    = "done"
)

// complete fills in what is known at the end.
func (c *Certificate) complete(now time.Time, lifetimes map[string]time.Duration) {
	c.Status, c.CompletedAt, c.Topics, c.GoneBy = erasureDone, now.UTC(), nil, ""
	for _, topic := range sortedKeys(lifetimes) {
		end := TopicEnd{Topic: topic, GoneBy: "when the broker compacts it"}
		if lifetimes[topic] != kafka.Keep {
			end.GoneBy = now.Add(lifetimes[topic]).UTC().AddDate(0, 0, 1).Format(time.DateOnly) // through its last day
			c.GoneBy = max(c.GoneBy, end.GoneBy)
		}
		c.Topics = append(c.Topics, end)
	}
}

// certificates is the directory that keeps them, one file a subject.
type certificates string

const erasuresDir = "erasures"

// idLength is how much of a hash names its certificate, in hex digits.
const idLength = 32

var certificateID = regexp.MustCompile(`^[0-9a-f]{32}$`)

// begin is a new certificate, or that of an erasure which was cut short.
func (d certificates) begin(hash, shop string, now time.Time) (*Certificate, error) {
	c := &Certificate{
		ID: hash[:idLength], Hash: hash, ShopID: shop, Status: erasureRunning,
		ErasedAt: now.UTC(), StartedAt: now.UTC(), Rows: noRows(),
	}
	before, err := d.read(c.ID)
	switch {
	case err != nil:
		return nil, err
	case before == nil:
		return c, nil
	case before.Status == erasureRunning:
		return before, nil
	}
	c.Earlier = append(before.Earlier, PastErasure{before.ErasedAt, before.CompletedAt, before.Rows, before.Receipts})
	return c, nil
}

// read finds a certificate; nil when there is none.
func (d certificates) read(id string) (*Certificate, error) {
	if !certificateID.MatchString(id) {
		return nil, nil
	}
	b, err := os.ReadFile(d.path(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	c := &Certificate{}
	if err == nil {
		err = json.Unmarshal(b, c)
	}
	if err != nil {
		return nil, fmt.Errorf("read certificate: %w", err)
	}
	return c, nil
}

func (d certificates) write(c *Certificate) error {
	b, err := json.Marshal(c, json.Deterministic(true), jsontext.WithIndent("  "))
	if err == nil {
		err = os.MkdirAll(string(d), 0o700)
	}
	if err == nil {
		err = writeWhole(d.path(c.ID), append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("write certificate: %w", err)
	}
	return nil
}

func (d certificates) path(id string) string { return filepath.Join(string(d), id+".json") }
