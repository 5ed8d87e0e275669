package experiment

import (
	"strconv"
	"unicode/utf16"
)

// HashVersion is the version of the hash that experiments of askbuy use.
// Version 1 assigns the same shoppers to the same side of parallel experiments
// and is here for the published vectors alone.
const HashVersion = 2

// Bucket is where an id falls under a seed, in [0, 1), by the hash of
// GrowthBook's SDKs (specification 0.12.0). Version 2 has 10,000 buckets,
// version 1 has 1,000; of another version there is no bucket.
func Bucket(version int, seed, id string) (float64, bool) {
	switch version {
	case 1:
		return float64(fnv1a(id+seed)%1000) / 1000, true
	case 2:
		inner := strconv.FormatUint(uint64(fnv1a(seed+id)), 10)
		return float64(fnv1a(inner)%10000) / 10000, true
	}
	return 0, false
}

// fnv1a is FNV-1a of 32 bits over UTF-16 code units, each taken whole: what
// JavaScript's charCodeAt gives. Over bytes, Chinese ids would fall elsewhere
// than in a sender's own SDK.
func fnv1a(s string) uint32 {
	const offset, prime = 2166136261, 16777619
	h := uint32(offset)
	for _, r := range s {
		if r < 0x10000 {
			h = (h ^ uint32(r)) * prime
			continue
		}
		high, low := utf16.EncodeRune(r)
		h = (h ^ uint32(high)) * prime
		h = (h ^ uint32(low)) * prime
	}
	return h
}
