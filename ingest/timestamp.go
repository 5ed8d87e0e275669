package ingest

import (
	"strings"
	"time"
)

// maxMS is the greatest event time that can be told apart, ms; any greater
// one counts as it, and is far in the future.
const maxMS = int64(999_999_999_999_999_999)

// minMS is 1900-01-01T00:00:00Z, the first moment that the warehouse's times
// can hold.
const minMS = int64(-2_208_988_800_000)

// maxAhead is how far a sender's clock may be ahead of ours.
const maxAhead = 5 * time.Minute

// msOfNumber reads an event time by its magnitude: seconds below 1e11, then
// ms, microseconds from 1e14, nanoseconds from 1e17. What is finer than 1 ms
// is cut off, towards the past.
func msOfNumber(number []byte) int64 {
	d := parseDecimal(number)
	switch digits := len(d.digits) + d.exp; { // before the point
	case digits <= 11:
		return d.floorShifted(3)
	case digits <= 14:
		return d.floorShifted(0)
	case digits <= 17:
		return d.floorShifted(-3)
	default:
		return d.floorShifted(-6)
	}
}

// msOfText reads RFC 3339: T, seconds, and Z or a zone are required.
func msOfText(text []byte) (int64, bool) {
	var t time.Time
	if err := t.UnmarshalText(text); err != nil || !strictTime(string(text)) {
		return 0, false
	}
	return t.UnixMilli(), true
}

// strictTime refuses what package time lets through though RFC 3339 does not:
// an hour of one digit, a comma before the fraction, and zones out of range.
func strictTime(s string) bool {
	const hourEnd, zoneLen = len("2006-01-02T15"), len("+07:00")
	if len(s) <= hourEnd || s[hourEnd] != ':' || strings.Contains(s, ",") {
		return false
	}
	if strings.HasSuffix(s, "Z") {
		return true
	}
	zone := s[len(s)-zoneLen:]
	return zone[1:3] <= "23" && zone[4:6] <= "59"
}
