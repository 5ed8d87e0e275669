package mask

import "strings"

// unit is what a number counts in an address.
type unit struct {
	text string
	kind component
	set  unitSet // of blocks
}

// The units, longer ones first.
var units = []unit{
	{"号楼", block, 1}, {"号院", street, 0}, {"号房", room, 0}, {"单元", block, 2}, {"支弄", street, 0}, {"号", street, 0}, {"弄", street, 0},
	{"栋", block, 4}, {"幢", block, 4}, {"座", block, 8}, {"室", room, 0}, {"房", room, 0}, {"户", room, 0}, {"层", floor, 0}, {"楼", floor, 0},
	{"段", road, 0}, {"组", crew, 0}, {"队", crew, 0}, {"期", phase, 0}, {"区", phase, 0}, {"#", block, hashes}, {"＃", block, hashes},
}

const hashes unitSet = 16

// notAfterUnit make another word of the unit: 2号线, 三室一厅, 3座位.
var notAfterUnit = []string{"线", "链接", "店", "位", "码", "色", "电池", "仓", "型", "盘", "机", "垫", "椅", "间", "厅", "货", "卷", "发", "到", "前", "之", "款", "开", "下", "活动", "才", "左右", "晚", "早", "上午", "下午", "中午", "凌晨"}

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
	if kind != arabic || !p.bare(end) {
		p.flush()
	}
	p.i = end
	return true
}

// counts reports whether a number of this spelling goes with the unit, and no
// other word begins there.
func (p *places) counts(kind spelling, u unit, end int) bool {
	if kind == letters && u.kind != block && u.kind != phase && u.text != "楼" {
		return false
	}
	if u.text == "号" && p.chain.last != road && p.chain.last != street && p.chain.last != home && p.chain.last != village {
		return p.chain.last == block && p.name < 0
	}
	if u.kind == street && p.name >= 0 {
		return false // 人民医院5号: no road before the number
	}
	for _, word := range notAfterUnit {
		if strings.HasPrefix(p.s[end:], word) && (u.kind != street || p.chain.last != road || word == "线") {
			return false
		}
	}
	return true
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
	if u.text == "座" && kind != letters {
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
func (p *places) bare(end int) bool {
	c := &p.chain
	if c.start < 0 || p.name >= 0 || p.measures(end) {
		return false
	}
	glued := p.i == c.end
	switch c.last {
	case road:
		if !glued && c.regions == 0 {
			return false
		}
		c.bareStreets++
		p.i = end
		p.append(bareStreet, c.start)
	case block, street, home, public, floor:
		if end-p.i < 3 && c.last != block {
			return false
		}
		p.i = end
		p.append(room, c.start)
	default:
		return false
	}
	return true
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

// spelling is how a number is written.
type spelling uint8

const (
	arabic  spelling = iota // 138, A1203, 3-2-501
	letters                 // A
	chinese                 // 十二
	long                    // more digits than any number of an address
)

// numberEnd is where the number of an address that starts at i ends, or i.
func numberEnd(s string, i int) (int, spelling) {
	start := i
	if width, _ := numeralAt(s, i); width > 0 || strings.HasPrefix(s[i:], "十") {
		for n := 0; n < 5; n++ {
			width, _ := numeralAt(s, i)
			if width == 0 && (strings.HasPrefix(s[i:], "十") || strings.HasPrefix(s[i:], "百")) {
				width = len("十")
			}
			if width == 0 {
				break
			}
			i += width
		}
		return i, chinese
	}
	for n := 0; n < 2 && i < len(s) && isLetter(rune(s[i])); n++ {
		i++
	}
	if i > start {
		if i < len(s) && isLetter(rune(s[i])) {
			return start, letters
		}
		if width, _ := digitAt(s, i); width == 0 {
			return i, letters
		}
	}
	end := digitsEnd(s, i)
	if end == i {
		return start, arabic
	}
	if end-i > 5 {
		return end, long
	}
	for range 3 { // 3-2-501
		_, kind := gapAt(s, end)
		width := skipOne(s, end)
		further := digitsEnd(s, end+width)
		if kind != gapDash || further == end+width || further-end-width > 5 {
			break
		}
		end = further
	}
	if end < len(s) && isUpper(rune(s[end])) && (end+1 == len(s) || !isLetter(rune(s[end+1]))) {
		end++ // 138B
	}
	return end, arabic
}

func skipOne(s string, i int) int {
	_, width := after(s, i)
	return width
}
