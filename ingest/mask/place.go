package mask

import (
	"strings"
	"unicode/utf8"
)

// findPlaces finds Chinese addresses. Chinese does not part its words, so the
// text is read as a chain of components, each a name and a suffix (西湖区,
// 文三路) or a number and a unit (138号, 3单元). Whatever is no part of an
// address ends the chain, and a chain is masked when it leads to a door: a
// region alone (上海发货吗) does not.
func findPlaces(s string, spans []span) []span {
	p := places{s: s, spans: spans}
	p.reset()
	for p.i < len(s) {
		p.step()
	}
	p.flush()
	return p.spans
}

// places reads one text.
type places struct {
	s     string
	i     int
	spans []span

	name  int // where the run of name runes begins that no suffix has closed; -1 when there is none
	runes int // in that run

	chain chain
}

func (p *places) reset() {
	p.name, p.runes = -1, 0
	p.chain = chain{start: -1, end: -1}
}

// step reads one component, name rune, separator or end of a chain.
func (p *places) step() {
	r, width := utf8.DecodeRuneInString(p.s[p.i:])
	switch {
	case p.section():
	case p.number(r):
	case isHan(r) || isLetter(r):
		p.word(r, width)
	case (r == ' ' || r == ',' || r == '，' || r == '、' || r == '\u3000' || r == '·' || r == '\n' || r == '/' || r == '-') && p.mayPart():
		p.i += width
	default:
		p.flush()
		p.i += width
	}
}

// section reads the part of a long road: 天府大道中段.
func (p *places) section() bool {
	if p.name >= 0 || p.chain.last != road || p.chain.end != p.i {
		return false
	}
	for _, part := range [...]string{"东段", "西段", "南段", "北段", "中段"} {
		if strings.HasPrefix(p.s[p.i:], part) {
			p.i += len(part)
			p.chain.end = p.i
			return true
		}
	}
	return false
}

// mayPart reports whether a separator may stand here: after a component, and
// only one or two.
func (p *places) mayPart() bool {
	if p.name >= 0 && !p.closeRegion() {
		return false
	}
	return p.chain.end >= 0 && p.i-p.chain.end < 4
}

// word reads a stop word, a suffix or one more rune of a name.
func (p *places) word(r rune, width int) {
	if n := stopAt(p.s, p.i); n > 0 {
		p.flush()
		p.i += n
		return
	}
	if p.name >= 0 {
		if known, n := suffixAt(p.s, p.i, r); n > 0 {
			p.i += n
			p.add(known.kind, known.longest)
			return
		}
	}
	if p.name < 0 {
		p.name = p.i
	}
	p.runes++
	p.i += width
}

// add closes the run of name runes, with what was read just now, as a
// component. A longer name than its kind has began in the middle of the run.
func (p *places) add(kind component, longest int) {
	start := p.name
	if p.runes > longest {
		start = p.back(longest)
		p.chain = chain{start: -1, end: -1} // there is something else between
	}
	if p.chain.start < 0 {
		start = p.fromRegion(start)
	}
	p.append(kind, start)
	p.name, p.runes = -1, 0
}

// back is where the last n runes of the name, its suffix apart, begin.
func (p *places) back(n int) int {
	at := p.name
	for skip := p.runes - n; skip > 0; skip-- {
		_, width := utf8.DecodeRuneInString(p.s[at:])
		at += width
	}
	return at
}

// fromRegion leaves out what stands before a known region's name, unless it
// ends in a suffix of regions itself.
func (p *places) fromRegion(start int) int {
	for at := start; at < p.i; {
		if regionAt(p.s, at) > 0 {
			return at
		}
		_, width := utf8.DecodeRuneInString(p.s[at:])
		at += width
	}
	return start
}

// closeRegion closes a name that ends in a known region's without a suffix.
func (p *places) closeRegion() bool {
	for at := p.name; at < p.i; {
		n := regionAt(p.s, at)
		if n > 0 && at+n == p.i {
			p.add(region, 8)
			return true
		}
		_, width := utf8.DecodeRuneInString(p.s[at:])
		at += width
	}
	return false
}

func (p *places) append(kind component, start int) {
	c := &p.chain
	if c.start < 0 {
		c.start = start
	}
	switch kind {
	case region:
		c.regions += 1 + regionsIn(p.s[start:p.i])
	case town:
		c.towns++
	case village:
		c.villages++
	case road:
		c.roads++
		c.regions += regionsIn(p.s[start:p.i])
	case street:
		c.streets++
	case home:
		c.homes++
	case public:
		c.publics++
	case room:
		c.rooms++
	case floor:
		c.floors++
	case crew:
		c.groups++
	}
	c.last, c.end = kind, p.i
}

// flush ends the chain, and keeps its span when it is an address.
func (p *places) flush() {
	if c := &p.chain; c.start >= 0 && (c.leadsToDoor() || c.isPlace() && addressBefore(p.s, c.start)) {
		p.spans = append(p.spans, span{c.start, c.end, Address})
	}
	p.reset()
}

func stopAt(s string, i int) int {
	r, width := utf8.DecodeRuneInString(s[i:])
	if stopSet.has(r) {
		return width
	}
	if !stopWordSet.has(r) {
		return 0
	}
	for _, word := range stopWords {
		if strings.HasPrefix(s[i:], word) {
			return len(word)
		}
	}
	return 0
}
