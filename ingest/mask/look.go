package mask

import "strings"

// sign says which values a text may hold.
type sign uint8

const (
	signDigit   sign = 1 << iota // a digit: numbers and streets
	signAt                       // an @: e-mail addresses
	signNumeral                  // a Chinese numeral: numbers spelled out
	signPlace                    // a rune that addresses are made of
)

// runeSet is a set of runes of the basic plane.
type runeSet [0x10000 / 64]uint64

func newRuneSet(runes ...string) *runeSet {
	var set runeSet
	for _, s := range runes {
		for _, r := range s {
			set[r/64] |= 1 << (r % 64)
		}
	}
	return &set
}

func (set *runeSet) has(r rune) bool {
	return r >= 0 && r < 0x10000 && set[r/64]&(1<<(r%64)) != 0
}

var (
	numeralSet = newRuneSet(numerals)
	signSet    = newRuneSet("０１２３４５６７８９＠", numerals, placeRunes)
)

// placeRunes: no Chinese address that the finder knows does without one.
const placeRunes = "路街道巷弄胡号楼栋幢座单室村镇乡屯址"

var asciiSigns = func() (table [128]sign) {
	for c := '0'; c <= '9'; c++ {
		table[c] = signDigit
	}
	table['@'] = signAt
	return table
}()

// look reads the text once and says what it may hold. Nearly all that shoppers
// write holds nothing.
func look(text string) (signs sign) {
	for i := 0; i < len(text); {
		c := text[i]
		if c < 0x80 {
			signs |= asciiSigns[c]
			i++
			continue
		}
		if c>>4 != 0xe || i+2 >= len(text) { // none of the signs is two or four bytes long
			i++
			continue
		}
		r := rune(c&0xf)<<12 | rune(text[i+1]&0x3f)<<6 | rune(text[i+2]&0x3f)
		i += 3
		// 单 is a sign as the first half of 单元 alone: 下单 and 订单 are what
		// shoppers write all day.
		if signSet.has(r) && (r != '单' || strings.HasPrefix(text[i:], "元")) {
			signs |= signOf(r)
		}
	}
	return signs
}

func signOf(r rune) sign {
	switch {
	case r == '＠':
		return signAt
	case r >= '０' && r <= '９':
		return signDigit
	case numeralSet.has(r):
		return signNumeral
	}
	return signPlace
}
