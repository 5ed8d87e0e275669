package surrogate_test

import (
	"testing"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"askbuy/internal/surrogate"
)

func TestMend(t *testing.T) {
	for raw, want := range map[string]string{
		``:                             ``,
		`{"text":"hi"}`:                `{"text":"hi"}`,
		`"hi \ud83d"`:                  `"hi \ufffd"`,
		`"\uD83D\uDE00"`:               `"\uD83D\uDE00"`,
		`"\ude00"`:                     `"\ufffd"`,
		`"\ud83d\ud83d\ude00"`:         `"\ufffd\ud83d\ude00"`,
		`"\ude00\ud83d"`:               `"\ufffd\ufffd"`,
		`"\ud83d\n\udE00"`:             `"\ufffd\n\ufffd"`,
		`"\\ud83d"`:                    `"\\ud83d"`,
		`"\\\ud83d"`:                   `"\\\ufffd"`,
		`"\ud83"`:                      `"\ud83"`,
		`"\ud83d\u12"`:                 `"\ufffd\u12"`,
		`\`:                            `\`,
		`"\u4f60好\ud83d😀\udfff\u00e9"`: `"\u4f60好\ufffd😀\ufffd\u00e9"`,
		`"\u+83d"`:                     `"\u+83d"`,
	} {
		before := raw
		if got := string(surrogate.Mend([]byte(raw))); got != want {
			t.Errorf("Mend(%s) = %s, want %s", raw, got, want)
		}
		if raw != before {
			t.Errorf("Mend(%s) changed its argument", before)
		}
	}
}

// FuzzMend: what a lenient reader takes, the strict one takes once it is
// mended, and reads the same of it.
func FuzzMend(f *testing.F) {
	for _, seed := range []string{`{"a":"\ud83d"}`, `["\ud83d\ude00","\\ud83d",1]`, `"\ude00x"`, `"\`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		mended := surrogate.Mend(raw)
		if len(mended) != len(raw) {
			t.Fatalf("%d bytes became %d", len(raw), len(mended))
		}
		lenient, err := jsontext.AppendFormat(nil, raw, jsontext.AllowInvalidUTF8(true))
		if err != nil || !utf8.Valid(raw) {
			return
		}
		strict, err := jsontext.AppendFormat(nil, mended)
		if err != nil {
			t.Fatalf("%q is refused: %v", mended, err)
		}
		if a, b := text(t, lenient), text(t, strict); a != b {
			t.Fatalf("%q is read as %q, mended as %q", raw, a, b)
		}
	})
}

// text is a JSON value with every escape read, so that it can be compared.
func text(t *testing.T, raw []byte) string {
	t.Helper()
	v := jsontext.Value(raw)
	if err := v.Canonicalize(jsontext.AllowInvalidUTF8(true)); err != nil {
		t.Fatal(err)
	}
	return string(v)
}
