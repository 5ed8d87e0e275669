package sender

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// tolerance is how far a signature's time may be from now, both ways.
const tolerance = 300 * time.Second

// one is a header that must be there exactly once: of two, another program on
// the way may have read the other.
func one(h http.Header, name string) (string, error) {
	switch values := h.Values(name); {
	case len(values) > 1:
		return "", &Denied{StepHeaders, name + " is there more than once"}
	case len(values) == 0 || values[0] == "":
		return "", &Denied{StepHeaders, name + " is missing"}
	default:
		return values[0], nil
	}
}

// fresh reads a time of 10 digits (seconds), or of 13 (ms) where that is
// allowed, and holds it against now. Exactly so many digits: a signature over
// the bare concatenation of time and text could have the border moved.
func fresh(name, digits string, ms bool, now time.Time) error {
	n, err := strconv.ParseUint(digits, 10, 63)
	seconds := len(digits) == len("1700000000")
	if err != nil || !seconds && !(ms && len(digits) == len("1700000000000")) {
		return &Denied{StepHeaders, name + " is no time in seconds"}
	}
	signed := time.Unix(int64(n), 0)
	if !seconds {
		signed = time.UnixMilli(int64(n))
	}
	if age := now.Sub(signed); age > tolerance || age < -tolerance {
		return &Denied{StepFreshness, "signed at " + signed.UTC().Format(time.RFC3339) + ", which is " + age.Abs().Round(time.Second).String() +
			map[bool]string{true: " ago", false: " ahead"}[age > 0] + ", want at most 5m0s: are both clocks right?"}
	}
	return nil
}

func mac(key []byte, parts ...[]byte) []byte {
	m := hmac.New(sha256.New, key)
	for _, part := range parts {
		m.Write(part)
	}
	return m.Sum(nil)
}

// oneOf reports whether the signature, as text, is that of one of the keys.
// Comparing what was sent with the one canonical spelling refuses every other
// spelling of the same bytes. It takes as long whichever key fits.
func oneOf(keys [][]byte, given string, sign func(key []byte) string) bool {
	found := 0
	for _, key := range keys {
		found |= subtle.ConstantTimeCompare([]byte(sign(key)), []byte(given))
	}
	return found == 1
}

// mismatch says why a signature is none of the keys', as far as it can be
// told from its looks.
func mismatch(keys [][]byte, given string, length int, alphabet string) error {
	if len(given) != length || strings.Trim(given, alphabet) != "" {
		return &Denied{StepSignature, "is not of the form that this kind has"}
	}
	return &Denied{StepSignature, "is by none of the " + strconv.Itoa(len(keys)) + " live secrets over these bytes: was the body changed, or the secret?"}
}

const (
	hexDigits   = "0123456789abcdef"
	base64Chars = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
)
