package intent

// Lanes is the width of a row of topic weights: the most topics there can be.
const Lanes = 32

const wordsPerRow = Lanes / 8

// topicTable holds rows of 32 weights of 8 bits, eight to a word, each with
// 128 added so that none is negative.
type topicTable []uint64

// packTopics builds the table from rows of signed weights, 32 to a row.
func packTopics(weights []int8) topicTable {
	t := make(topicTable, len(weights)/8)
	for i, w := range weights {
		t[i/8] |= uint64(uint8(w)^0x80) << (8 * (i % 8))
	}
	return t
}

// sum adds up the rows of the features, all Lanes of a word at once: bytes
// are spread over fields of 16 bits, which hold 256 of them without overflow.
// A topic's row is chosen by the high bits, a feature's evidence by the low
// ones.
func (t topicTable) sum(sums *[Lanes]int32, features []uint32) {
	for len(features) > 0 {
		n := min(len(features), 256)
		t.sumSome(sums, features[:n])
		features = features[n:]
	}
}

// sumSome keeps its sums in variables, not in an array: these are registers.
func (t topicTable) sumSome(sums *[Lanes]int32, features []uint32) {
	const even = 0x00FF00FF00FF00FF
	var a0, a1, b0, b1, c0, c1, d0, d1 uint64
	rows := len(t) / wordsPerRow
	for _, f := range features {
		at := TopicRow(f, rows) * wordsPerRow
		row := t[at : at+wordsPerRow : at+wordsPerRow]
		a, b, c, d := row[0], row[1], row[2], row[3]
		a0, a1 = a0+a&even, a1+a>>8&even
		b0, b1 = b0+b&even, b1+b>>8&even
		c0, c1 = c0+c&even, c1+c>>8&even
		d0, d1 = d0+d&even, d1+d>>8&even
	}
	added := int32(128 * len(features))
	for i, fields := range [2 * wordsPerRow]uint64{a0, a1, b0, b1, c0, c1, d0, d1} {
		at := sums[i/2*8+i%2:][:7:7] // even words hold a word's even lanes, odd ones its odd lanes
		at[0] += int32(fields&0xFFFF) - added
		at[2] += int32(fields>>16&0xFFFF) - added
		at[4] += int32(fields>>32&0xFFFF) - added
		at[6] += int32(fields>>48) - added
	}
}

// TopicRow is a feature's row in a table of so many, a power of two. Its bits
// are others than those that choose the evidence.
func TopicRow(feature uint32, rows int) int { return int(feature>>10) & (rows - 1) }
