package mask

import "strings"

// spelling is how a number is written.
type spelling uint8

const (
	arabic  spelling = iota // 138, A1203
	letters                 // A
	chinese                 // 十二
	dashed                  // 3-2-501: block, unit, room
	long                    // more digits than any number of an address
)

// numberEnd is where the number of an address that starts at i ends, or i.
func numberEnd(s string, i int) (int, spelling) {
	if end := chineseEnd(s, i); end > i {
		return end, chinese
	}
	start := i
	if r, width := after(s, i); width > 1 && strings.ContainsRune("甲乙丙丁", r) {
		if next, _ := digitAt(s, i+width); next > 0 {
			i += width // 甲17号
		}
	}
	branch := i
	for n := 0; n < 2 && i < len(s) && isLetter(rune(s[i])); n++ {
		i++
	}
	if width, _ := digitAt(s, i); i > branch && width == 0 {
		if i < len(s) && isLetter(rune(s[i])) {
			return start, letters // a word
		}
		return i, letters
	}
	end, kind := arabicEnd(s, i)
	if end == i {
		return start, kind
	}
	return end, kind
}

// chineseEnd is where a number such as 一百二十 ends.
func chineseEnd(s string, i int) int {
	for range 5 {
		width, _ := numeralAt(s, i)
		if width == 0 && (strings.HasPrefix(s[i:], "十") || strings.HasPrefix(s[i:], "百")) {
			width = len("十")
		}
		i += width
	}
	return i
}

func arabicEnd(s string, i int) (int, spelling) {
	end, n := digitsFrom(s, i)
	if n == 0 {
		return i, arabic
	}
	if n > 5 {
		return end, long
	}
	dashes := 0
	for ; dashes < 3; dashes++ {
		width, kind := gapAt(s, end)
		further, n := digitsFrom(s, end+width)
		if kind != gapDash || n == 0 || n > 5 {
			break
		}
		end = further
	}
	if dashes > 1 {
		return end, dashed
	}
	if end < len(s) && isUpper(rune(s[end])) && (end+1 == len(s) || !isLetter(rune(s[end+1]))) {
		end++ // 138B
	}
	return end, arabic
}
