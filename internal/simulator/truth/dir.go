package truth

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"askbuy/schemas/event"
)

// Truth is all that is known of what a simulation sends, written down before
// the first byte of it leaves.
type Truth struct {
	Meta Meta
	// Events are those that count, each identity once. A message whose id is
	// "" gets one from the door; it is known by everything else.
	Events  []event.Event
	Letters []Letter
	Ledger  []LedgerLine
	Oracle  []Forecast // not read back: nothing that is verified hangs on it
	Trial   *Trial     // nil: the simulation runs no experiment; not read back either
}

// Meta says where a truth comes from.
type Meta struct {
	Version       int      `json:"version"`
	Seed          uint64   `json:"seed"`
	Conversations int      `json:"conversations"`
	Noise         string   `json:"noise"`
	Start         Millis   `json:"start"`
	End           Millis   `json:"end"`
	ShopIDs       []string `json:"shop_ids"`
	Canaries      []string `json:"canaries"` // personal data that must be found nowhere
	Trial         *Terms   `json:"trial,omitempty"`
}

// Letter is one letter that must lie in bi.dead_letters.
type Letter struct {
	Reason  event.Reason `json:"reason"`
	ShopID  string       `json:"shop_id"`
	EventID string       `json:"event_id"`
}

// LedgerLine says what must stand in a raw topic's ledger, summed over days
// and sources: so many events stored, and at least so many conflicts.
type LedgerLine struct {
	Topic     string `json:"topic"`
	Stored    int64  `json:"stored"`
	Conflicts int64  `json:"conflict"`
}

const version = 1

const (
	metaFile    = "meta.json"
	eventsFile  = "events.ndjson"
	lettersFile = "dead_letters.ndjson"
	ledgerFile  = "ledger.ndjson"
)

// Write puts the truth into a directory, which it makes. Beside what Read
// needs stand the tables that follow from it, one file a view, for people and
// other tools; what only a model knows is null in them.
func Write(dir string, t *Truth) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make truth directory: %w", err)
	}
	t.Meta.Version = version
	meta, err := json.MarshalIndent(t.Meta, "", "  ")
	if err != nil {
		return fmt.Errorf("write truth: %w", err)
	}
	d := Derive(t.Events, nil, nil)
	Judge(t.Oracle, d, t.Meta.End)
	return errors.Join(
		os.WriteFile(filepath.Join(dir, metaFile), append(meta, '\n'), 0o644),
		lines(dir, eventsFile, t.Events),
		lines(dir, lettersFile, t.Letters),
		lines(dir, ledgerFile, t.Ledger),
		lines(dir, "messages.ndjson", d.Messages),
		lines(dir, "conversations.ndjson", d.Conversations),
		lines(dir, "orders.ndjson", d.Orders),
		lines(dir, "order_items.ndjson", d.OrderItems),
		lines(dir, "touches.ndjson", d.Touches),
		lines(dir, "attribution.ndjson", d.Attribute("last_touch", attributionHours)),
		lines(dir, "behaviors.ndjson", d.Behaviors),
		lines(dir, "exposures.ndjson", d.Exposures),
		lines(dir, "feedback.ndjson", d.Feedback),
		lines(dir, "oracle.ndjson", t.Oracle),
		t.Trial.write(dir, d),
	)
}

// write plays the trial and writes it down: the experiment's file into a
// directory of its own, which askbuy can read as it is.
func (t *Trial) write(dir string, told *Tables) error {
	if t == nil {
		return nil
	}
	t.Units, t.Potentials, t.Effects = nil, nil, nil
	t.Play(told)
	files := filepath.Join(dir, "experiments")
	if err := os.MkdirAll(files, 0o755); err != nil {
		return fmt.Errorf("make directory of experiments: %w", err)
	}
	return errors.Join(
		os.WriteFile(filepath.Join(files, t.Experiment+".yaml"), t.File, 0o644),
		lines(dir, "experiments.ndjson", t.Effects),
		lines(dir, "experiment_units.ndjson", t.Units),
		lines(dir, "potential_outcomes.ndjson", t.Potentials),
	)
}

// lines writes one JSON value a line, sorted, so that equal truths are equal
// files.
func lines[T any](dir, name string, rows []T) error {
	out := make([][]byte, 0, len(rows))
	for i := range rows {
		b, err := json.Marshal(&rows[i])
		if err != nil {
			return fmt.Errorf("write truth %s: %w", name, err)
		}
		out = append(out, append(b, '\n'))
	}
	slices.SortFunc(out, bytes.Compare)
	return os.WriteFile(filepath.Join(dir, name), bytes.Join(out, nil), 0o644)
}

// Read reads what Write wrote.
func Read(dir string) (*Truth, error) {
	t := &Truth{}
	b, err := os.ReadFile(filepath.Join(dir, metaFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read truth: %s holds none: run askbuy simulate --truth %s first", dir, dir)
	}
	if err == nil {
		err = json.Unmarshal(b, &t.Meta)
	}
	if err == nil && t.Meta.Version != version {
		err = fmt.Errorf("its version is %d, want %d: simulate it anew", t.Meta.Version, version)
	}
	if err == nil {
		err = errors.Join(read(dir, eventsFile, &t.Events), read(dir, lettersFile, &t.Letters), read(dir, ledgerFile, &t.Ledger))
	}
	if err != nil {
		return nil, fmt.Errorf("read truth: %w", err)
	}
	return t, nil
}

func read[T any](dir, name string, rows *[]T) error {
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	dec := json.NewDecoder(bufio.NewReader(f))
	for dec.More() {
		var row T
		if err := dec.Decode(&row); err != nil {
			return fmt.Errorf("%s, row %d: %w", name, len(*rows)+1, err)
		}
		*rows = append(*rows, row)
	}
	return nil
}
