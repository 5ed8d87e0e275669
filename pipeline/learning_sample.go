package pipeline

import (
	"context"
	"fmt"
	"maps"

	"askbuy/internal/clickhouse"
)

// What a training may read.
const (
	learningDays = 180 // before the latest message: shops change
	// learningMemory is what the facts and what is made of them may take, in
	// bytes: half a million messages of 20 characters, more than what still
	// teaches a model of this kind anything (docs/models.md).
	learningMemory = 512 << 20
	// A message takes some bytes of its own, and some for each character that
	// the model reads; a behaviour takes less.
	bytesOfMessage, bytesOfCharacter, bytesOfBehavior = 750, 15, 150
	charactersRead                                    = 512
	// longestText is how much of a text is fetched, in characters. Only of one
	// that is mostly repetitions of one character does the model read more.
	longestText = 8 * charactersRead
)

// What is learned from: a shopper's messages, and what those did who wrote any.
const (
	askedBy  = "from_role = 'user' AND is_test = 0"
	ofAskers = "(shop_id, user_id) IN (SELECT shop_id, user_id FROM askbuy.messages WHERE " + askedBy + " AND toUnixTimestamp64Milli(ts) >= {since:Int64})"
)

// sample is which facts a training reads: those of a share of all shoppers,
// always the same ones, with all that they said and did. Shoppers are drawn
// alike, so that rates are those of all and no weight is needed. It asks no
// clock: the same facts make the same sample.
type sample struct {
	since int64  // ms
	keep  uint32 // of sampleParts
}

const sampleParts = 1 << 16

// newSample takes all shoppers where they fit into so many bytes.
func newSample(ctx context.Context, db *clickhouse.DB, most float64) (s sample, err error) {
	last, err := clickhouse.One[struct {
		TS int64 `ch:"at"`
	}](ctx, db, "SELECT toUnixTimestamp64Milli(max(ts)) AS at FROM askbuy.messages WHERE "+askedBy, nil)
	if err != nil {
		return s, fmt.Errorf("read the latest message: %w", err)
	}
	s = sample{last.TS - learningDays*24*60*60*1000, sampleParts}
	size, err := clickhouse.One[struct {
		Bytes float64 `ch:"bytes"`
	}](ctx, db, `
		SELECT toFloat64(messages + behaviors) AS bytes FROM
			(SELECT sum({message:UInt64} + {character:UInt64} * least(lengthUTF8(text), {read:UInt64})) AS messages FROM askbuy.messages FINAL
				WHERE `+askedBy+` AND toUnixTimestamp64Milli(ts) >= {since:Int64}) AS m,
			(SELECT {behavior:UInt64} * count() AS behaviors FROM askbuy.behaviors FINAL
				WHERE is_test = 0 AND toUnixTimestamp64Milli(ts) >= {since:Int64} AND `+ofAskers+`) AS b`,
		with(s.params(), map[string]any{"message": bytesOfMessage, "character": bytesOfCharacter, "behavior": bytesOfBehavior, "read": charactersRead}))
	if err != nil {
		return s, fmt.Errorf("read how much there is to learn from: %w", err)
	}
	if size.Bytes > most {
		s.keep = uint32(max(sampleParts*most/size.Bytes, 1))
	}
	return s, nil
}

// share is that of all shoppers; 1: all.
func (s sample) share() float64 { return float64(s.keep) / sampleParts }

// where is the condition of rows of a shop_id, a user_id and a time.
func (s sample) where(time string) string {
	return "toUnixTimestamp64Milli(" + time + ") >= {since:Int64} AND " + sampled("shop_id", "user_id")
}

// sampled is the condition of a shopper.
func sampled(shop, user string) string {
	return "sipHash64(" + shop + ", " + user + ") % " + fmt.Sprint(sampleParts) + " < {keep:UInt32}"
}

func (s sample) params() map[string]any {
	return map[string]any{"since": s.since, "keep": s.keep, "longest": longestText}
}

// with adds parameters.
func with(params, more map[string]any) map[string]any {
	all := maps.Clone(params)
	maps.Copy(all, more)
	return all
}
