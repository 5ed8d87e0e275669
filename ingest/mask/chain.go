package mask

import "math/bits"

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
	addressWords      = []string{"地址", "住址", "我住", "家住", "我家", "新家", "address"}
	addressConnectors = []string{"改成", "改到", "改为", "换成", "换到", "变更为", "更新为", "填", "写", "是", "为", "在", "：", ":", " ", "　", "，", ",", "】", "]", "=", "到", "is"}
)
