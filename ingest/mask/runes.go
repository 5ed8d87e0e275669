package mask

import "unicode/utf8"

// numerals are the Chinese digits, ten by ten from 0 to 9; 幺 is one as people
// say it in numbers.
const numerals = "零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖幺"

// numeralAt is the width in bytes of the Chinese numeral at i and its value, or
// 0.
func numeralAt(s string, i int) (width int, value byte) {
	r, width := utf8.DecodeRuneInString(s[i:])
	if !numeralSet.has(r) {
		return 0, 0
	}
	n := 0
	for _, known := range numerals {
		if known == r {
			if n == 20 {
				return width, 1
			}
			return width, byte(n % 10)
		}
		n++
	}
	return 0, 0
}

// digitAt is the width in bytes of the digit at i, ASCII or full width, and its
// value; the width is 0 when there is none.
func digitAt(s string, i int) (width int, value byte) {
	if i >= len(s) {
		return 0, 0
	}
	if c := s[i]; c >= '0' && c <= '9' {
		return 1, c - '0'
	}
	if s[i] == 0xef && i+2 < len(s) && s[i+1] == 0xbc && s[i+2] >= 0x90 && s[i+2] <= 0x99 {
		return 3, s[i+2] - 0x90
	}
	return 0, 0
}

// gap is what parts two groups of digits of one number.
type gap uint8

const (
	gapNone gap = iota
	gapSpace
	gapParen
	gapDot
	gapDash
)

// gapAt is the width in bytes of the separator at i and its kind, or 0.
func gapAt(s string, i int) (width int, kind gap) {
	if i >= len(s) {
		return 0, gapNone
	}
	r, width := utf8.DecodeRuneInString(s[i:])
	switch r {
	case ' ', '\t', '\u00a0', '\u3000', '\u200b', '\u200c', '\u200d', '\u2060', '\ufeff':
		return width, gapSpace
	case '(', ')', '（', '）':
		return width, gapParen
	case '.', '·', '．':
		return width, gapDot
	case '-', '－', '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2015', '\u2212', '_':
		return width, gapDash
	}
	return 0, gapNone
}

// before is the rune that ends at i, or 0.
func before(s string, i int) (r rune, width int) {
	if i == 0 {
		return 0, 0
	}
	return utf8.DecodeLastRuneInString(s[:i])
}

// after is the rune that starts at i, or 0.
func after(s string, i int) (r rune, width int) {
	if i >= len(s) {
		return 0, 0
	}
	return utf8.DecodeRuneInString(s[i:])
}

func isHan(r rune) bool { return r >= 0x4e00 && r <= 0x9fff || r == '〇' || r >= 0x3400 && r < 0x4dc0 }

func isLetter(r rune) bool { return r|0x20 >= 'a' && r|0x20 <= 'z' }

func isUpper(r rune) bool { return r >= 'A' && r <= 'Z' }

func isDigit(r rune) bool { return r >= '0' && r <= '9' || r >= '０' && r <= '９' }
