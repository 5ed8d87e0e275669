// Package surrogate mends JSON in which half of a character is escaped: what
// programs of UTF-16 write of a text that was cut inside an emoji. It is JSON
// by its grammar, but no text, and strict readers refuse the whole body.
package surrogate

import (
	"bytes"
	"slices"
	"strconv"
)

const (
	escape      = `\u`
	escapeSize  = len(`\ud83d`)
	replacement = `\ufffd`
)

// Mend is JSON with U+FFFD where it escapes a surrogate without its other
// half. It is as long as raw, so that every byte keeps its place, and raw
// itself when there is nothing to mend.
func Mend(raw []byte) []byte {
	mended := raw
	for at := bytes.IndexByte(raw, '\\'); at >= 0 && at < len(raw); {
		size, lone := escaped(raw[at:])
		if lone {
			if &mended[0] == &raw[0] {
				mended = slices.Clone(raw)
			}
			copy(mended[at:], replacement)
		}
		next := bytes.IndexByte(raw[min(at+size, len(raw)):], '\\')
		if next < 0 {
			break
		}
		at += size + next
	}
	return mended
}

// escaped is how many bytes the escape at the start of b has, a pair of
// surrogates taken together, and whether it is half of such a pair.
func escaped(b []byte) (size int, lone bool) {
	first, ok := unit(b)
	switch {
	case !ok:
		return len(`\n`), false
	case first < 0xd800 || first > 0xdfff:
		return escapeSize, false
	case first < 0xdc00:
		if second, ok := unit(b[escapeSize:]); ok && second >= 0xdc00 && second <= 0xdfff {
			return 2 * escapeSize, false
		}
	}
	return escapeSize, true
}

// unit is the code unit that b begins with an escape of.
func unit(b []byte) (uint64, bool) {
	if len(b) < escapeSize || string(b[:len(escape)]) != escape {
		return 0, false
	}
	value, err := strconv.ParseUint(string(b[len(escape):escapeSize]), 16, 16)
	return value, err == nil
}
