package ingest

import (
	"bytes"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"pgregory.net/rapid"
)

// Events come apart the same as an array and as lines.
func TestSplit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		value := rapid.SampledFrom([]string{`{}`, `{"a":1}`, `5`, `[1,{"b":2}]`, `"x\n"`, `null`})
		events := rapid.SliceOfN(value, 1, 6).Draw(t, "events")
		space := rapid.SampledFrom([]string{"", " ", "\r\n"}).Draw(t, "space")
		for body, ndjson := range map[string]bool{
			space + "[" + space + strings.Join(events, space+","+space) + space + "]": false,
			strings.Join(events, "\n"+space):                                          true,
		} {
			parts, refused := split([]byte(body), ndjson, 6)
			if refused != nil || string(bytes.Join(parts, []byte{0})) != strings.Join(events, "\x00") {
				t.Fatalf("%q: %q %v", body, parts, refused)
			}
			if _, refused := split([]byte(body), ndjson, len(events)-1); refused != tooMany && len(events) > 0 {
				t.Fatalf("%q: more than allowed: %v", body, refused)
			}
		}
	})
}

// FuzzSplit holds that no body is taken apart in two ways: the parts of what
// is no NDJSON are JSON values within the body.
func FuzzSplit(f *testing.F) {
	for _, body := range []string{`[{"a":1},5]`, "{\"a\":1}\n{\"b\":2}", `{"a":1}`, `[`, "\xff"} {
		f.Add([]byte(body), false)
		f.Add([]byte(body), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, ndjson bool) {
		parts, refused := split(body, ndjson, 1000)
		whole := jsontext.Value(body).IsValid()
		if refused == notJSON && whole {
			t.Fatal("JSON was refused")
		}
		for _, part := range parts {
			if !bytes.Contains(body, part) || whole && !ndjson && !jsontext.Value(part).IsValid() {
				t.Fatalf("part %q", part)
			}
		}
	})
}
