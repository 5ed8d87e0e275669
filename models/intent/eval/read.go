package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"io/fs"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/models/intent"
)

type dir = fs.FS

// dialogue is what one person said and what came of it.
type dialogue struct {
	messages [][]uint32 // features
	buys     []bool     // of each message: whether it is about a transaction
	hit      bool       // a transaction succeeded, or money was given
}

// readSGD reads lines {"u":[[text, 0 or 1], ...],"conv":0 or 1}.
func readSGD(data dir, name string) ([]dialogue, error) {
	f, err := data.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var all []dialogue
	for lines := jsontext.NewDecoder(bufio.NewReader(z)); ; {
		var line struct {
			U    [][2]jsontext.Value `json:"u"`
			Conv int                 `json:"conv"`
		}
		if err := json.UnmarshalDecode(lines, &line); err == io.EOF {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		d := dialogue{hit: line.Conv == 1}
		for _, u := range line.U {
			var text string
			if err := json.Unmarshal(u[0], &text); err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			d.messages = append(d.messages, intent.Features(nil, text))
			d.buys = append(d.buys, string(u[1]) == "1")
		}
		if len(d.messages) > 0 {
			all = append(all, d)
		}
	}
}

// readPersuasion reads what those said who were asked for a donation, and
// whether they gave. Columns: a dialogue's turns (number, text, turn, role,
// dialogue) and its people (dialogue, user, role, donation, ...).
func readPersuasion(data dir) ([]dialogue, error) {
	people, err := readCSV(data, "persuasionforgood/full_info.csv")
	if err != nil {
		return nil, err
	}
	gave := map[string]bool{}
	for _, row := range people {
		if amount, err := strconv.ParseFloat(row[3], 64); err == nil && row[2] == "1" {
			gave[row[0]] = amount > 0
		}
	}
	turns, err := readCSV(data, "persuasionforgood/full_dialog.csv")
	if err != nil {
		return nil, err
	}
	var all []dialogue
	place := map[string]int{}
	for _, row := range turns {
		hit, known := gave[row[4]]
		if !known || row[3] != "1" {
			continue
		}
		at, begun := place[row[4]]
		if !begun {
			at = len(all)
			place[row[4]] = at
			all = append(all, dialogue{hit: hit})
		}
		all[at].messages = append(all[at].messages, intent.Features(nil, row[1]))
	}
	return all, nil
}

// readCSV reads the rows below the header, of at least five columns.
func readCSV(data dir, name string) ([][]string, error) {
	f, err := data.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(rows) < 2 || len(rows[0]) < 5 {
		return nil, fmt.Errorf("%s: want a header, rows and at least 5 columns", name)
	}
	return rows[1:], nil
}
