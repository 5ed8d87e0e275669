package intent

import (
	"strings"
	"unicode/utf8"
)

// Limits of what is looked for in one text.
const (
	maxEntities  = 8
	maxScanBytes = 4 * maxRunes
)

// Entity is a piece of a text that names something.
type Entity struct {
	Type string `json:"type"` // account, amount, carrier, colour, coupon, measure, order_id, payment, place, product, quantity, size, sku, tracking
	Text string `json:"text"` // as it stands in the text
}

// scan finds entities from the left, the longest at each place, and counts
// the words of mood. It appends at most maxEntities.
func (l *lexicon) scan(found []Entity, text string) ([]Entity, mood) {
	text = unmasked(text[:min(len(text), maxScanBytes)])
	var mood mood
	var before byte // the byte before i
	var cues cues
	for i := 0; i < len(text); {
		kind, width := l.match(text, i, before, &cues)
		word := text[i : i+max(width, 1)]
		i += len(word)
		before = text[i-1]
		mood.add(kind)
		switch {
		case kind == "" || isMood(kind) || cues.add(kind, word, i):
		case kind == kindCoupon && cues.couponWord && found[len(found)-1].Type == "coupon":
			found[len(found)-1], cues.couponWord = Entity{"coupon", word}, false
		case len(found) < maxEntities:
			found = append(found, Entity{strings.TrimSuffix(kind, "#"), word})
		}
	}
	return found, mood
}

// isMood tells the kinds of one sign, which are of no entity.
func isMood(kind string) bool { return len(kind) == 1 }

// match is the kind and width of what stands at text[i:]; without a kind, the
// width that can be skipped.
func (l *lexicon) match(text string, i int, before byte, cues *cues) (kind string, width int) {
	c := text[i]
	inWord := isWord(before) && isWord(c)
	switch {
	case isDigit(c) && !inWord || c == '$':
		if kind, width = cues.read(text, i); kind != "" {
			return kind, width
		}
		if kind, width = number(text[i:]); kind == "" {
			kind = cues.bare(text, i, i+width)
		}
		return kind, width
	case (c == '!' || c == '?') && i+1 < len(text) && text[i+1] == c:
		return kindHeat, 2
	case c < utf8.RuneSelf && (inWord || !isWord(c)):
		return "", 1
	}
	r, width := rune(c|0x20), 1
	if c >= utf8.RuneSelf {
		r, width = decode(text[i:])
	}
	if r == '¥' || r == '￥' {
		if rest := text[i+width:]; rest != "" && isDigit(rest[0]) {
			_, n := number(rest)
			return "amount", width + n
		}
	}
	if c < utf8.RuneSelf && cues.codeAt(i) == cueCoupon {
		if kind, n := cues.read(text, i); kind != "" {
			return kind, n
		}
	}
	if l.starts(r) {
		for _, e := range l.entries(r) {
			if e.at(text[i:]) {
				return e.kind, len(e.word)
			}
		}
	}
	if c < utf8.RuneSelf {
		if kind, n := cues.read(text, i); kind != "" {
			return kind, n
		}
		return "", width
	}
	return shade(text, i, i+width), width
}

// units are what may follow a number, and what the number is then. Longer
// ones come before those that they begin with.
var units = []struct{ suffix, kind string }{
	{"公斤", "measure"}, {"厘米", "measure"}, {"公分", "measure"}, {"斤", "measure"}, {"kg", "measure"}, {"cm", "measure"},
	{"元", "amount"}, {"块", "amount"}, {"yuan", "amount"}, {"usd", "amount"}, {"rmb", "amount"}, {"美元", "amount"}, {"美金", "amount"},
	{" yuan", "amount"}, {" rmb", "amount"}, {" bucks", "amount"}, {" dollars", "amount"}, {" usd", "amount"},
	{"件", "quantity"}, {"个", "quantity"}, {"套", "quantity"}, {"双", "quantity"}, {"条", "quantity"}, {"盒", "quantity"},
	{"瓶", "quantity"}, {"箱", "quantity"}, {"包", "quantity"}, {"台", "quantity"}, {"本", "quantity"}, {"只", "quantity"},
	{"码", "size"}, {"号", "size"}, {"xl", "size"},
}

// number reads digits with at most one point, and the unit after them; without
// a unit they say nothing.
func number(s string) (kind string, width int) {
	dollar := strings.HasPrefix(s, "$")
	start := 0
	if dollar {
		start = 1
	}
	i := digits(s, start)
	n := i - start
	if n == 0 {
		return "", 1
	}
	if i+1 < len(s) && s[i] == '.' && isDigit(s[i+1]) {
		i = digits(s, i+1)
	}
	if dollar {
		return "amount", i
	}
	for _, u := range units {
		if end := i + len(u.suffix); end <= len(s) && equalLower(s[i:end], u.suffix) {
			return u.kind, end
		}
	}
	return "", i
}

// digits is where the run of digits from i ends.
func digits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

func isWord(c byte) bool {
	return isDigit(c) || c|0x20 >= 'a' && c|0x20 <= 'z' || c == '\''
}
