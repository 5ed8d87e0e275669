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

// normaliser reads a text as the model sees it: half-width, lower case, every
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
		r, width := rune(n.text[0]), 1
		if r >= utf8.RuneSelf {
			r, width = utf8.DecodeRuneInString(n.text)
		}
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

// fold maps a rune to the one that stands for it; 0 means that it is not
// there at all.
func fold(r rune) (rune, class) {
	switch {
	case r >= 0xFF01 && r <= 0xFF5E: // full-width
		r -= 0xFEE0
	case r == 0x3000 || r == '、' || r == '。' || r == '…' || r == '“' || r == '”' || r == '‘' || r == '·' || r == '—' || r == '「' || r == '」' || r == '《' || r == '》' || r == '【' || r == '】' || r == '￥':
		return ' ', classSpace
	case r == '’':
		r = '\''
	case r >= 0x200B && r <= 0x200F, r == 0xFEFF, r >= 0xFE00 && r <= 0xFE0F:
		return 0, classSpace
	}
	switch {
	case r >= 'a' && r <= 'z', r == '\'':
		return r, classLatin
	case r >= 'A' && r <= 'Z':
		return r + 'a' - 'A', classLatin
	case r >= '0' && r <= '9':
		return '0', classDigit
	case r < utf8.RuneSelf:
		return ' ', classSpace
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
