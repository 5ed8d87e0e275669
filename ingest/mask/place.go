package mask

import (
	"math/bits"
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

// chain is what the components so far are.
type chain struct {
	start, end int // -1 when there is none
	last       component

	regions, towns, villages    int
	roads, streets, bareStreets int // roads; with 号 behind; with a bare number behind
	homes, publics              int // 小区 and the like; 大厦 and the like
	blocks                      unitSet
	rooms, floors, groups       int
}

// component is what one part of an address is.
type component uint8

const (
	none component = iota
	region
	town
	village
	road
	street // the number in a road
	home
	public
	block
	room
	floor
	crew  // 组 and 队 of a village
	phase // 期 and 区 of an estate: says nothing alone
	bareStreet
)

// unitSet is the kinds of units above the room that a chain has.
type unitSet uint8

func (p *places) reset() {
	p.name, p.runes = -1, 0
	p.chain = chain{start: -1, end: -1}
}

// step reads one component, name rune, separator or end of a chain.
func (p *places) step() {
	r, width := utf8.DecodeRuneInString(p.s[p.i:])
	switch {
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
		if known, n := suffixAt(p.s, p.i); n > 0 {
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

// leadsToDoor reports whether the chain is the address of somebody.
func (c *chain) leadsToDoor() bool {
	units := bits.OnesCount8(uint8(c.blocks))
	located := c.regions+c.towns > 0 || c.roads > 0
	switch {
	case c.streets > 0: // 文三路138号
		return true
	case c.bareStreets > 0 && (c.regions > 0 || c.homes > 0 || units > 0): // 杭州文三路138
		return true
	case units > 1 || units > 0 && c.rooms > 0: // 3栋2单元, 5号楼302
		return true
	case c.homes > 0 && (units > 0 || c.rooms > 0): // 翠湖花园3栋
		return true
	case c.publics > 0 && (units > 0 || c.rooms > 0 || c.floors > 0 && located): // 国际大厦1203室
		return true
	case located && units > 0 && (c.regions > 0 || c.towns > 0): // 西湖区3栋
		return true
	case c.groups > 0 && c.villages > 0: // 东王村5组
		return true
	}
	return c.regions+c.towns >= 2 && (c.roads > 0 || c.villages > 0 || c.homes > 0) // 杭州市西湖区文三路
}

// isPlace reports whether the chain is an address when a word for it stands
// before.
func (c *chain) isPlace() bool {
	return c.regions+c.towns >= 2 || c.roads+c.villages+c.homes+c.publics+c.rooms > 0 || c.blocks != 0
}

// addressBefore reports whether somebody's address is announced.
func addressBefore(s string, start int) bool {
	head := s[max(0, start-reach):start]
	for range 5 {
		if endsWith(head, addressWords) > 0 {
			return true
		}
		n := endsWith(head, addressConnectors)
		if n == 0 {
			return false
		}
		head = head[:len(head)-n]
	}
	return false
}

var (
	addressWords      = []string{"地址", "住址", "我住", "家住", "我家", "address"}
	addressConnectors = []string{"改成", "改到", "改为", "换成", "换到", "变更为", "更新为", "填", "写", "是", "为", "在", "：", ":", " ", "　", "，", ",", "】", "]", "=", "到", "is"}
)

func stopAt(s string, i int) int {
	r, width := utf8.DecodeRuneInString(s[i:])
	if strings.ContainsRune(stopRunes, r) {
		return width
	}
	for _, word := range stopWords {
		if strings.HasPrefix(s[i:], word) {
			return len(word)
		}
	}
	return 0
}
