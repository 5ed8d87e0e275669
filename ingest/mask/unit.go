package mask

import (
	"slices"
	"strings"
)

// unit is what a number counts in an address.
type unit struct {
	text string
	kind component
	set  unitSet // of blocks
}

// The units, longer ones first.
var units = []unit{
	{"号楼", block, 1}, {"号院", street, 0}, {"号房", room, 0}, {"单元", block, 2}, {"支弄", street, 0}, {"号", street, 0}, {"弄", street, 0},
	{"栋", block, 4}, {"幢", block, 4}, {"座", block, towers}, {"塔", block, towers}, {"室", room, 0}, {"房", room, 0}, {"户", room, 0}, {"层", floor, 0}, {"楼", floor, 0},
	{"舍", block, 4}, {"街", road, 0}, {"段", road, 0}, {"组", crew, 0}, {"队", crew, 0}, {"期", phase, 0}, {"区", phase, 0}, {"#", block, hashes}, {"＃", block, hashes},
}

const (
	towers unitSet = 8 // named by letters
	hashes unitSet = 16
	dashes unitSet = 32 // 3-2-501
)

// notAfterUnit make another word of the unit: 2号线, 三室一厅, 3座位.
var notAfterUnit = []string{"线", "链接", "店", "位", "码", "色", "电池", "仓", "型", "盘", "机", "垫", "椅", "间", "厅"}

// afterDays follow the days of a month, which have the unit of a street's
// numbers.
var afterDays = []string{"货", "卷", "发", "到", "前", "之", "款", "开", "下", "活动", "才", "左右", "晚", "早", "上午", "中午", "凌晨"}

// amounts follow numbers that count or measure something else.
const amounts = "元块件个码斤克米厘套双条箱包瓶支片天月年日点分秒折%％寸岁人次小倍万千毫公度平位份张台只袋罐盒cmkgCMKG￥$"

// number reads a number and its unit, or a bare number where an address may
// have one. It is false, and nothing was read, when there is no number here.
func (p *places) number(r rune) bool {
	start := p.i
	end, kind := numberEnd(p.s, start)
	if end == start {
		return false
	}
	at := end
	if next, width := after(p.s, end); next == ' ' {
		at += width
	}
	for _, u := range units {
		if strings.HasPrefix(p.s[at:], u.text) && p.counts(kind, u, at+len(u.text)) {
			p.i = at + len(u.text)
			p.unit(u, kind, start)
			return true
		}
	}
	if kind == letters || kind == chinese || p.name >= 0 && isLetter(r) {
		return false // part of a name
	}
	if !p.bare(end, kind) {
		p.flush()
	}
	p.i = end
	return true
}

// counts reports whether a number of this spelling goes with the unit that ends
// at end, and no other word begins there.
func (p *places) counts(kind spelling, u unit, end int) bool {
	if kind == letters && u.kind != block && u.kind != phase && u.text != "楼" || kind == long {
		return false
	}
	if u.kind == street && !p.inStreet() || u.kind == road && p.name < 0 && p.chain.start < 0 {
		return false
	}
	if u.text == "号楼" && strings.HasPrefix(p.s[end:], "下") {
		return false // 1788号 and 楼下
	}
	return !startsWith(p.s[end:], notAfterUnit) && (u.kind != street || p.chain.last == road || !startsWith(p.s[end:], afterDays))
}

func startsWith(s string, words []string) bool {
	return slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(s, word) })
}

// inStreet reports whether a number here may be that of a street: after its
// name, or after that of an estate; after any place where an address is
// announced: 地址:三里屯南区5号. 人民医院5号 is no address, and 5号 alone is a day.
func (p *places) inStreet() bool {
	if p.name >= 0 {
		last, _ := before(p.s, p.i)
		return p.chain.last == region && strings.ContainsRune(homeRunes, last)
	}
	switch p.chain.last {
	case road, street, home, village, block:
		return true
	case region, town, public:
		return addressBefore(p.s, p.chain.start)
	}
	return false
}

// unit appends the number that began at start with its unit. A name that runs
// into it belongs to it.
func (p *places) unit(u unit, kind spelling, start int) {
	named := p.name >= 0
	if named {
		if last, _ := before(p.s, start); u.kind == block && p.runes > 1 && strings.ContainsRune(homeRunes, last) {
			p.chain.homes++
		}
		start = p.name
		if p.runes > 8 {
			start = p.back(8)
			p.chain = chain{start: -1, end: -1}
		}
		if p.chain.start < 0 {
			start = p.fromRegion(start)
			p.chain.regions += regionsIn(p.s[start:p.i])
		}
	}
	if u.set == towers && kind != letters {
		u.kind = floor // five seats are no tower
	}
	if u.set == hashes && (p.chain.start < 0 || named) {
		u.kind = phase // a colour or a size
	}
	p.append(u.kind, start)
	if u.kind == block {
		p.chain.blocks |= u.set
	}
	p.name, p.runes = -1, 0
}

// bare appends the number up to end, which has no unit, when it is that of a
// road or a room.
func (p *places) bare(end int, kind spelling) bool {
	c := &p.chain
	if kind == long || p.measures(end) {
		return false
	}
	_, n := digitsFrom(p.s, p.i)
	start, glued := p.i, p.i == c.end
	switch {
	case p.name >= 0:
		if !p.namedRoom(n, kind) {
			return false
		}
		start = p.name
	case c.start < 0:
		return false
	}
	p.i = end
	switch last := c.last; {
	case kind == dashed:
		c.blocks |= dashes
		p.append(room, start)
	case p.name >= 0:
		p.append(room, start)
	case last == road && (glued || c.regions > 0):
		c.bareStreets++
		p.append(bareStreet, start)
	case last == block, (last == street || last == home || last == public || last == floor) && n >= 3:
		p.append(room, start)
	default:
		return false
	}
	p.name, p.runes = -1, 0
	return true
}

// namedRoom reports whether the name that runs into a number of n digits is
// that of a house: 138号和信商座2008, 地址：玖樾台5-2-1801.
func (p *places) namedRoom(n int, kind spelling) bool {
	if p.runes < 2 || p.runes > 8 {
		return false
	}
	if kind == dashed {
		return p.chain.start >= 0 || addressBefore(p.s, p.name)
	}
	last, _ := before(p.s, p.i)
	return p.chain.last == street && n >= 3 && strings.ContainsRune(homeRunes+"座厦心场", last)
}

// measures reports whether the number from here to end is an amount, or the
// beginning of a phone number.
func (p *places) measures(end int) bool {
	if next, _ := after(p.s, end); isLetter(next) || isDigit(next) || next != 0 && strings.ContainsRune(amounts, next) {
		return true
	}
	if width, _ := digitAt(p.s, p.i); width == 0 {
		return false
	}
	var w window
	w.read(p.s, p.i)
	_, ok := w.classify(p.s)
	return ok
}
