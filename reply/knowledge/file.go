package knowledge

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/models/faq"
)

// columns of a CSV file: one row a question; rows of one id are one entry.
var columns = []string{"id", "question", "answer", "lang"}

// byteOrderMark begins files of spreadsheets.
const byteOrderMark = "\ufeff"

// WriteCSV writes entries for a spreadsheet.
func WriteCSV(w io.Writer, entries []faq.Entry) error {
	if _, err := io.WriteString(w, byteOrderMark); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	out := csv.NewWriter(w)
	rows := [][]string{columns}
	for _, e := range entries {
		for _, q := range e.Questions {
			rows = append(rows, []string{guarded(e.ID), guarded(q), guarded(e.Answer), e.Language})
		}
	}
	if err := out.WriteAll(rows); err != nil {
		return fmt.Errorf("write CSV: %w", err)
	}
	return nil
}

// formulas begin cells that a spreadsheet would compute. A quote before them
// keeps them text, and is taken off when the file comes back.
const formulas = "=+-@\t\r'"

func guarded(cell string) string {
	if cell != "" && strings.ContainsRune(formulas, rune(cell[0])) {
		return "'" + cell
	}
	return cell
}

func unguarded(cell string) string {
	if len(cell) > 1 && cell[0] == '\'' && strings.ContainsRune(formulas, rune(cell[1])) {
		return cell[1:]
	}
	return cell
}

// ReadCSV reads entries. The first row names the columns; id and lang may be
// left out. It reports every row that it cannot take.
func ReadCSV(r io.Reader) ([]faq.Entry, error) {
	raw, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("read CSV: %w", err)
	}
	if !utf8.Valid(raw) {
		return nil, errors.New("read CSV: it is not UTF-8: save the file as \"CSV UTF-8\"")
	}
	in := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(raw, []byte(byteOrderMark))))
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("read CSV: the first row must name the columns id, question, answer and lang: %w", err)
	}
	at, err := placesOf(head)
	if err != nil {
		return nil, fmt.Errorf("read CSV: %w", err)
	}
	g := gathering{byID: map[string]int{}}
	for {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read CSV: %w", err)
		}
		cell := func(column string) string {
			if i, has := at[column]; has {
				return unguarded(row[i])
			}
			return ""
		}
		line, _ := in.FieldPos(0)
		g.add(line, cell("id"), cell("question"), cell("answer"), cell("lang"))
	}
	return g.entries, errors.Join(g.problems...)
}

func placesOf(head []string) (map[string]int, error) {
	at := map[string]int{}
	for i, name := range head {
		name = strings.ToLower(strings.TrimSpace(name))
		if !slices.Contains(columns, name) {
			return nil, fmt.Errorf("column %q is unknown: use id, question, answer and lang", name)
		}
		if _, twice := at[name]; twice {
			return nil, fmt.Errorf("column %q is there twice", name)
		}
		at[name] = i
	}
	for _, needed := range []string{"question", "answer"} {
		if _, has := at[needed]; !has {
			return nil, fmt.Errorf("column %q is missing", needed)
		}
	}
	return at, nil
}

// gathering puts rows together to entries.
type gathering struct {
	entries  []faq.Entry
	byID     map[string]int
	problems []error
}

func (g *gathering) add(line int, id, question, answer, language string) {
	if id == "" {
		id = nameOf(answer, language)
	}
	i, known := g.byID[id]
	if !known {
		i = len(g.entries)
		g.byID[id] = i
		g.entries = append(g.entries, faq.Entry{ID: id, Answer: answer, Language: language})
	}
	e := &g.entries[i]
	if e.Answer != answer || e.Language != language {
		g.problems = append(g.problems, fmt.Errorf("line %d: entry %q has another answer or lang than in the row before it", line, id))
		return
	}
	e.Questions = append(e.Questions, question)
}

// nameOf is an id for an entry that has none.
func nameOf(answer, language string) string {
	sum := sha256.Sum256([]byte(language + "\x00" + answer))
	return "e-" + hex.EncodeToString(sum[:6])
}

// WriteJSON writes entries as an array of {"id","questions","answer","lang"}.
func WriteJSON(w io.Writer, entries []faq.Entry) error {
	if entries == nil {
		entries = []faq.Entry{}
	}
	if err := json.MarshalWrite(w, entries, jsontext.WithIndent("  "), jsontext.EscapeForHTML(false)); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}

// ReadJSON reads such an array. An entry's id may be left out.
func ReadJSON(r io.Reader) ([]faq.Entry, error) {
	var entries []faq.Entry
	if err := json.UnmarshalRead(r, &entries, json.RejectUnknownMembers(true)); err != nil {
		return nil, fmt.Errorf("read JSON: want an array of {\"id\",\"questions\",\"answer\",\"lang\"}: %w", err)
	}
	for i := range entries {
		entries[i].ID = cmp.Or(entries[i].ID, nameOf(entries[i].Answer, entries[i].Language))
	}
	return entries, nil
}

// WritePairs writes what operators approved or wrote as lines of
// {"prompt","response"}, to fine-tune a model on. Starter entries are nobody's
// own words and are left out.
func WritePairs(w io.Writer, shop *Shop) error {
	for _, e := range shop.Entries {
		if shop.Origins[e.ID] == Starter {
			continue
		}
		for _, q := range e.Questions {
			line, err := json.Marshal(struct {
				Prompt   string `json:"prompt"`
				Response string `json:"response"`
			}{q, e.Answer})
			if err == nil {
				_, err = w.Write(append(line, '\n'))
			}
			if err != nil {
				return fmt.Errorf("write pairs: %w", err)
			}
		}
	}
	return nil
}
