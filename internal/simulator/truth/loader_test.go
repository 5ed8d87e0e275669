package truth

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"testing"
	"time"

	"askbuy/internal/simulator/doortest"
	"askbuy/schemas/event"
)

// vector is one case of the shared file of meanings; see its conventions.
type vector struct {
	ID      string           `json:"id"`
	Permute bool             `json:"permute"`
	Events  []map[string]any `json:"events"`
	Expect  map[string]any   `json:"expect"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	b, err := os.ReadFile("../../../schemas/testdata/meaning.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Cases []vector }
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	if err := dec.Decode(&file); err != nil {
		t.Fatal(err)
	}
	return file.Cases
}

// playedAt is the clock that the cases ask for.
var playedAt = time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// load reads a case's events as the door does, in the given order: faults are
// left out, and of copies of one event the first stays.
func load(t *testing.T, raw []map[string]any) []event.Event {
	t.Helper()
	var out []event.Event
	for _, fields := range raw {
		if fields["via"] == "coze" {
			fields = maps.Clone(fields)
			fields["channel"] = "coze"
			if fields["event_id"] == nil {
				fields["event_id"] = fmt.Sprint("hash of ", fields["text"], fields["ts"])
			}
		}
		b, err := json.Marshal(fields)
		if err != nil {
			t.Fatal(err)
		}
		if e, _, reason := doortest.Decode(b, playedAt); reason == "" {
			out = append(out, e)
		}
	}
	return out
}

func text(v any) string { return fmt.Sprint(v) }

// matches compares an expected value with a row's.
func matches(want, got any) bool {
	switch want := want.(type) {
	case nil:
		return got == nil
	case map[string]any:
		if choices, ok := want["one_of"].([]any); ok {
			return slices.ContainsFunc(choices, func(w any) bool { return matches(w, got) })
		}
		limits := want["range"].([]any)
		x, ok := number(got)
		low, _ := number(limits[0])
		high, _ := number(limits[1])
		return ok && low <= x && x <= high
	case string:
		if got == nil {
			return want == ""
		}
		return want == got
	}
	a, _ := number(want)
	b, ok := number(got)
	return ok && math.Abs(a-b) <= 1e-9
}

func number(v any) (float64, bool) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, false
	}
	x, err := n.Float64()
	return x, err == nil
}
