package intent

import "unicode/utf8"

// class is what the features need to know of a rune.
type class uint8

const (
	classSpace class = iota
	classLatin
	classDigit
	classOther // Han characters, emoji and all else: symbols that stand alone
)

// normaliser reads a text as the model sees it: half-width, lower case,
// simplified where a traditional character stands for one word alone, every
// digit a 0, punctuation a space, no run of one rune longer than three (four
// for digits, one for spaces), nothing invisible, at most maxRunes.
type normaliser struct {
	text   string
	script script
	last   rune
	run    int // how often last came in a row
	count  int // runes given
}

// next is the next rune, or false at the end.
func (n *normaliser) next() (rune, class, bool) {
	for len(n.text) > 0 && n.count < maxRunes {
		r, width := decode(n.text)
		n.text = n.text[width:]
		r, class := fold(r)
		if r == 0 || !n.keeps(r, class) {
			continue
		}
		n.count++
		n.script.add(r, class)
		return r, class, true
	}
	return 0, classSpace, false
}

// decode is the first rune of s, which is not empty. Most of what shoppers
// write are Han characters: they are read here, all else in the library.
func decode(s string) (r rune, width int) {
	switch c := s[0]; {
	case c < utf8.RuneSelf:
		return rune(c), 1
	case c >= 0xE4 && c <= 0xE9 && len(s) >= 3 && s[1]&0xC0 == 0x80 && s[2]&0xC0 == 0x80:
		return rune(c&0x0F)<<12 | rune(s[1]&0x3F)<<6 | rune(s[2]&0x3F), 3
	}
	return utf8.DecodeRuneInString(s)
}

// keeps counts the run that r is in and says whether it may still grow.
func (n *normaliser) keeps(r rune, class class) bool {
	if r != n.last {
		n.last, n.run = r, 1
		return true
	}
	n.run++
	switch class {
	case classSpace:
		return false
	case classDigit:
		return n.run <= 4
	default:
		return n.run <= 3
	}
}

// ascii are the runes of one byte, folded.
var ascii = func() (table [utf8.RuneSelf]struct {
	r     rune
	class class
}) {
	for r := range rune(utf8.RuneSelf) {
		at := &table[r]
		switch {
		case r >= 'a' && r <= 'z', r == '\'':
			at.r, at.class = r, classLatin
		case r >= 'A' && r <= 'Z':
			at.r, at.class = r+'a'-'A', classLatin
		case r >= '0' && r <= '9':
			at.r, at.class = '0', classDigit
		default:
			at.r = ' '
		}
	}
	return table
}()

// fold maps a rune to the one that stands for it; 0 means that it is not
// there at all.
func fold(r rune) (rune, class) {
	switch {
	case r < utf8.RuneSelf:
		return ascii[r].r, ascii[r].class
	case r >= 0x3400 && r <= 0x9FFF: // Han
		return simplify(r), classOther
	case r >= 0xFF01 && r <= 0xFF5E: // full-width
		r -= 0xFEE0
		return ascii[r].r, ascii[r].class
	}
	switch r {
	case '\u3000', '、', '。', '…', '“', '”', '‘', '·', '—', '「', '」', '《', '》', '【', '】', '￥':
		return ' ', classSpace
	case '’':
		return '\'', classLatin
	}
	if r >= 0x200B && r <= 0x200F || r == 0xFEFF || r >= 0xFE00 && r <= 0xFE0F {
		return 0, classSpace
	}
	return r, classOther
}

// script counts the letters of a text by script.
type script struct{ han, latin, foreign int }

func (s *script) add(r rune, c class) {
	switch {
	case c == classLatin:
		s.latin++
	case c != classOther:
	case r >= 0x3400 && r <= 0x9FFF:
		s.han++
	case r >= 0xC0 && r < 0x2000, r >= 0x3040 && r <= 0x30FF, r >= 0xAC00 && r <= 0xD7AF:
		s.foreign++
	}
}

// language names the text's language by its letters alone: Latin ones stand
// for English. One or two among Han characters (T恤, M码) do not count.
func (s script) language() string {
	switch {
	case s.foreign > s.han+s.latin:
		return "other"
	case s.han > 0 && s.latin < 3:
		return "zh"
	case s.han > 0:
		return "mixed"
	case s.latin > 0:
		return "en"
	}
	return ""
}
