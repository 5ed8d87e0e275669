package ingest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"askbuy/schemas/event"
)

// Identity and fingerprint are of what an event says, not of how it is
// spelled: the order of members, white space, unknown fields, omission said
// aloud, and the spelling of ids, times and money make no other copy.
func TestFingerprintDoesNotDependOnSpelling(t *testing.T) {
	arrival := time.UnixMilli(1_800_000_000_000)
	hasher := event.NewFingerprinter(bytes.Repeat([]byte{7}, 32))
	read := func(rt *rapid.T, body []byte) (event.IdentityHash, event.Copy) {
		d, fault := Decode(body, arrival)
		if fault != nil {
			rt.Fatalf("%s: %v", body, fault)
		}
		return d.Event.Identity(), hasher.Copy(&d.Event, d.NoTS)
	}
	rapid.Check(t, func(rt *rapid.T) {
		plain := spelledEvent(rapid.IntRange(0, 3).Draw(rt, "event"))
		dice := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "spelling"), 1))
		id, copy := read(rt, spelled(nil, plain))
		body := spelled(dice, plain)
		if otherID, otherCopy := read(rt, body); otherID != id || otherCopy != copy {
			rt.Errorf("%s is another copy than %s", body, spelled(nil, plain))
		}
		said := rapid.SampledFrom(slices.Sorted(maps.Keys(plain))).Draw(rt, "changed")
		if said == "text" || said == "amount" || said == "ts" { // and the test can fail
			plain[said] = map[string][]string{"text": {`"another"`}, "amount": {`"3.00"`}, "ts": {"1790000000001"}}[said]
			if _, changed := read(rt, spelled(dice, plain)); changed.Same(copy) {
				rt.Errorf("another %s is the same copy", said)
			}
		}
	})
}

// spelledEvent is an event whose members may be spelled in several ways.
func spelledEvent(n int) map[string][]string {
	e := map[string][]string{
		"event_id": {`"17"`, "17"}, "shop_id": {`"1024"`, "1024"}, "user_id": {`"u"`, `"\u0075"`},
		"ts":   {"1790000000000", "1790000000", "1790000000000000", `"2026-09-21T14:13:20Z"`, `"2026-09-21T22:13:20+08:00"`},
		"test": {"", "false"},
	}
	switch n {
	case 0:
		e["type"], e["conv_id"], e["from"], e["text"], e["bot_id"] = []string{`"message"`}, []string{`"c"`}, []string{`"user"`}, []string{`"有券吗"`, `"\u6709\u5238\u5417"`}, []string{"", "null", `""`}
	case 1:
		e["type"], e["order_id"], e["status"], e["amount"] = []string{`"order"`}, []string{`"o"`}, []string{`"paid"`}, []string{`"269.00"`, `"269"`, "269", "269.0", `"269.0"`}
	case 2:
		e["type"], e["name"], e["item_id"] = []string{`"behavior"`}, []string{`"add_to_cart"`}, []string{`"5"`, "5"}
	case 3:
		e["type"], e["rating"], e["conv_id"] = []string{`"feedback"`}, []string{"5"}, []string{"", "null", `""`}
	}
	return e
}

// spelled writes an event; without dice as plainly as can be.
func spelled(dice *rand.Rand, members map[string][]string) []byte {
	roll := func(n int) int {
		if dice == nil {
			return 0
		}
		return dice.IntN(n)
	}
	names := slices.Sorted(maps.Keys(members))
	if dice != nil {
		dice.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		if dice.IntN(2) == 0 {
			names = append(names, "unknown")
		}
	}
	space := func() string { return []string{"", " ", "\n\t"}[roll(3)] }
	var parts []string
	for _, name := range names {
		ways := members[name]
		if name == "unknown" {
			ways = []string{"1", `{"a":[]}`}
		}
		if value := ways[roll(len(ways))]; value != "" {
			parts = append(parts, fmt.Sprintf("%s%q%s:%s%s", space(), name, space(), space(), value))
		}
	}
	body := "{"
	for i, part := range parts {
		if i > 0 {
			body += "," + space()
		}
		body += part
	}
	body += space() + "}"
	if !json.Valid([]byte(body)) {
		panic(body)
	}
	return []byte(body)
}
