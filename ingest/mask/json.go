package mask

import (
	"bytes"
	"encoding/json"
	"unsafe"

	"github.com/go-json-experiment/json/jsontext"
)

// JSON masks the strings inside a JSON value, names of members too, and says
// what it found. A member's name counts: under phone or 收货地址 whatever looks
// at all like one is masked, a number too, which becomes a string. All else
// stays byte for byte; when nothing was found it returns the value itself and
// allocates nothing, unless strings have escapes. What is no JSON is returned
// as it is from the first fault on.
func JSON(value json.RawMessage) (json.RawMessage, Kinds) {
	w := walk{raw: value}
	for w.i < len(value) {
		switch c := value[w.i]; {
		case c == '"':
			if !w.quoted() {
				return value, 0
			}
		case c == '-' || c >= '0' && c <= '9':
			w.number()
		default:
			if c == '}' {
				w.hint = noHint
			}
			w.i++
		}
	}
	if w.found == 0 {
		return value, 0
	}
	return append(w.out, value[w.copied:]...), w.found
}

// walk goes through a JSON value once.
type walk struct {
	raw    []byte
	i      int
	hint   hint // of the last member's name
	out    []byte
	copied int // how much of raw is in out, or replaced there
	found  Kinds
	names  map[string]bool // of the whole value, once a name was masked
}

// quoted reads a string; it is false when the string does not end.
func (w *walk) quoted() bool {
	start := w.i
	end, escaped := stringEnd(w.raw, start)
	if end < 0 {
		return false
	}
	w.i = end
	text := view(w.raw[start+1 : end-1])
	if escaped {
		b, err := jsontext.AppendUnquote(nil, w.raw[start:end])
		if err != nil {
			return true
		}
		text = string(b)
	}
	if isName(w.raw, end) {
		w.hint = hintOf(text)
		if masked, found := Text(text); found != 0 {
			w.replace(start, end, w.unused(masked), found)
		}
		return true
	}
	w.value(start, end, text)
	return true
}

// value masks the string at [start, end), which says text. What is left of it
// may be all that its name takes for a value.
func (w *walk) value(start, end int, text string) {
	masked, found := Text(text)
	for _, t := range [...]string{text, masked} {
		if kind, sure := w.hint.covers(t); sure {
			w.replace(start, end, kind.Placeholder(), found|1<<kind)
			return
		}
	}
	if found != 0 {
		w.replace(start, end, masked, found)
	}
}

// number reads a number, which is masked only under a name that says so.
func (w *walk) number() {
	start := w.i
	for w.i < len(w.raw) && bytes.IndexByte([]byte("+-.eE0123456789"), w.raw[w.i]) >= 0 {
		w.i++
	}
	if w.hint == noHint || w.hint == addressHint {
		return
	}
	if kind, sure := w.hint.covers(view(w.raw[start:w.i])); sure {
		w.replace(start, w.i, kind.Placeholder(), 1<<kind)
	}
}

func (w *walk) replace(start, end int, text string, found Kinds) {
	w.out = append(w.out, w.raw[w.copied:start]...)
	w.out, _ = jsontext.AppendQuote(w.out, text) // the error is about invalid UTF-8, which it has replaced
	w.copied = end
	w.found |= found
}

// unused is the name, numbered when another member has it already: two members
// of one name would be no JSON to a strict reader.
func (w *walk) unused(name string) string {
	if w.names == nil {
		w.names = namesOf(w.raw)
	}
	unused := name
	for n := 'b'; w.names[unused]; n++ {
		unused = name + " " + string(n)
	}
	w.names[unused] = true
	return unused
}

// namesOf is the names of all members of a value, at any depth.
func namesOf(raw []byte) map[string]bool {
	names := map[string]bool{}
	for i := 0; i < len(raw); {
		if raw[i] != '"' {
			i++
			continue
		}
		end, _ := stringEnd(raw, i)
		if end < 0 {
			break
		}
		if isName(raw, end) {
			if b, err := jsontext.AppendUnquote(nil, raw[i:end]); err == nil {
				names[string(b)] = true
			}
		}
		i = end
	}
	return names
}

// stringEnd is where the string that starts at i ends, its quotes included, or
// -1, and whether it has escapes.
func stringEnd(raw []byte, i int) (end int, escaped bool) {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			return i + 1, escaped
		}
	}
	return -1, escaped
}

// isName reports whether a colon follows.
func isName(raw []byte, i int) bool {
	for i < len(raw) && (raw[i] == ' ' || raw[i] == '\t' || raw[i] == '\n' || raw[i] == '\r') {
		i++
	}
	return i < len(raw) && raw[i] == ':'
}

// view is the bytes as a string without a copy. Nothing changes them meanwhile,
// and no result refers to them: a masked text is a new one.
func view(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
