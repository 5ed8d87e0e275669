package mask

import "strings"

// phone finds a telephone number at the window's first group.
func (w *window) phone(s string) (span, bool) {
	found, firm, ok := w.dialled(s)
	if !ok || inLink(s, found.start) {
		return span{}, false
	}
	if !firm && (!w.standsAsPhone(s, found) || idBefore(s, found.start)) {
		return span{}, false
	}
	found.start = openParen(s, found)
	return found, true
}

// dialled is the number, and whether a plus or a word before it leaves no doubt.
func (w *window) dialled(s string) (found span, firm, ok bool) {
	start := w.groups[0].start
	if at, plus := plusBefore(s, start); plus {
		if k := w.international(0); k > 0 {
			found = w.cut(k, Phone)
			found.start = at
			return found, true, true
		}
	}
	if k := w.domestic(s); k > 0 {
		return w.extended(s, k), false, true
	}
	if w.starts("00") {
		if k := w.international(2); k > 0 {
			return w.cut(k, Phone), false, true
		}
	}
	if phoneBefore(s, start) {
		if k := w.anyPhone(); k > 0 {
			return w.extended(s, k), false, true
		}
	}
	return span{}, false, false
}

// standsAsPhone is stands, but for what lists do: "1.138...".
func (w *window) standsAsPhone(s string, found span) bool {
	if !standsAfter(s, found.end) {
		return false
	}
	if dot, width := before(s, found.start); dot == '.' && w.mobile(0) > 0 {
		item, itemWidth := before(s, found.start-width)
		further, _ := before(s, found.start-width-itemWidth)
		if isDigit(item) && item != '0' && !isDigit(further) { // 1.138...
			return true
		}
	}
	return standsBefore(s, found.start)
}

// domestic is how many groups are a number as dialled at home: mainland
// mobiles, landlines with their area code, North America, the mobiles of the
// United Kingdom and Taiwan.
func (w *window) domestic(s string) int {
	if k := w.mobileAbroad(); k > 0 {
		return k
	}
	if k := w.mobile(0); k > 0 {
		return k
	}
	if k := w.landline(s); k > 0 {
		return k
	}
	if k := w.northAmerica(s); k > 0 {
		return k
	}
	if w.starts("07") && (w.shaped(0, 5, 6) > 0 || w.shaped(0, 5, 3, 3) > 0) {
		return w.upTo(11) // the United Kingdom's mobiles
	}
	if w.starts("09") && w.shaped(0, 4, 3, 3) > 0 && w.groups[1].gap == w.groups[2].gap {
		return 3
	}
	return 0
}

// mobileAbroad is a mainland mobile number after 86, 0086 or 086.
func (w *window) mobileAbroad() int {
	for _, code := range [...]string{"86", "0086", "086"} {
		if !w.starts(code) {
			continue
		}
		if w.groups[0].n == len(code) {
			if k := w.mobile(1); k > 0 {
				return 1 + k
			}
		}
		if w.groups[0].n == len(code)+11 && w.isMobile(len(code)) {
			return 1
		}
	}
	return 0
}

// mobile is how many groups from the one with index from on are a mainland
// mobile number, 11 digits that begin with 13 to 19, parted as people do.
func (w *window) mobile(from int) int {
	if from >= w.n || !w.isMobile(w.groups[from].first) {
		return 0
	}
	for _, sizes := range [...][]int{{11}, {3, 4, 4}, {3, 3, 5}, {4, 3, 4}, {4, 4, 3}, {3, 8}, {7, 4}, {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}} {
		if k := w.shaped(from, sizes...); k > 0 {
			return k
		}
	}
	return 0
}

// isMobile reports whether at least 11 digits from the one with index first on
// begin as mobile numbers do.
func (w *window) isMobile(first int) bool {
	return w.total(w.n)-first >= 11 && w.digits[first] == 1 && w.digits[first+1] >= 3
}

// landline is an area code and 7 or 8 digits.
func (w *window) landline(s string) int {
	area := w.areaCode()
	if area == 0 || w.total(w.n) < area+7 {
		return 0
	}
	most := 8
	for n := most; n >= 7; n-- {
		if area == 3 && n == 7 {
			break // cities with short codes have 8 digits
		}
		k := w.upTo(area + n)
		switch {
		case k == 0:
		case k == 1 && w.digits[area] >= 2 && w.digits[area] <= 8 && !orderBefore(s, w.groups[0].start):
			return 1
		case k > 1 && k <= 4 && w.groups[0].n == area:
			return k
		}
	}
	return 0
}

// areaCode is the length of the mainland area code that the digits begin with,
// or 0.
func (w *window) areaCode() int {
	if w.total(w.n) < 4 || w.digits[0] != 0 {
		return 0
	}
	switch w.digits[1] {
	case 0:
		return 0
	case 1:
		if w.digits[2] == 0 {
			return 3
		}
		return 0
	case 2:
		return 3
	}
	return 4
}

// anyPhone is what a word for it announces: 7 to 15 digits that are no date.
func (w *window) anyPhone() int {
	k := 1
	for k < w.n && w.total(k) < 7 {
		k++
	}
	for k < w.n && w.groups[k].n >= 3 && w.groups[k].gap != gapParen && w.total(k+1) <= 12 {
		k++
	}
	n := w.total(k)
	if n < 7 || n > 15 || k > 5 || w.tollFreeHere() || w.dateHere(n) {
		return 0
	}
	return k
}

// tollFreeHere reports whether the digits are a company's hotline.
func (w *window) tollFreeHere() bool {
	return w.starts("400") || w.starts("800") || w.starts("1800") || w.starts("95")
}

func (w *window) dateHere(n int) bool {
	year, month, day := w.number(0, 4), w.number(4, 2), w.number(6, min(2, n-6))
	return n == 8 && year >= 1900 && year < 2100 && month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// extended adds the extension to a number of k groups: "-801", "转801".
func (w *window) extended(s string, k int) span {
	found := w.cut(k, Phone)
	if w.digits[0] != 0 {
		return found
	}
	if k < w.n && w.groups[k].gap == gapDash && w.groups[k].n <= 5 {
		found.end = w.groups[k].end
		return found
	}
	at := skipGap(s, found.end)
	for _, word := range [...]string{"转", "转接", "分机", "ext.", "ext"} {
		if !strings.HasPrefix(s[at:], word) {
			continue
		}
		from := skipGap(s, at+len(word))
		if end := digitsEnd(s, from); end > from && end-from <= 5 {
			found.end = end
			return found
		}
	}
	return found
}

// openParen takes in the parenthesis that the number closes.
func openParen(s string, found span) int {
	r, width := before(s, found.start)
	if (r == '(' && strings.Contains(s[found.start:found.end], ")")) || (r == '（' && strings.Contains(s[found.start:found.end], "）")) {
		return found.start - width
	}
	return found.start
}
