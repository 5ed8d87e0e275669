package mask

// northAmerica is (415) 555-2671 and the like: parentheses, dashes or dots, or
// blanks after a word for it. Toll-free numbers are companies'.
func (w *window) northAmerica(s string) int {
	from := 0
	if w.groups[0].n == 1 && w.digits[0] == 1 {
		from = 1
	}
	if w.shaped(from, 3, 3, 4) == 0 {
		return 0
	}
	area, exchange := w.number(w.groups[from].first, 3), w.number(w.groups[from+1].first, 3)
	if area < 201 || exchange < 200 || area == 400 || tollFree(area) {
		return 0
	}
	if w.groups[from+2].gap == gapSpace && !phoneBefore(s, w.groups[0].start) {
		return 0
	}
	return from + 3
}

func tollFree(area int) bool {
	switch area {
	case 800, 833, 844, 855, 866, 877, 888, 900:
		return true
	}
	return false
}

// countries are country codes and how many digits their numbers have, the code
// included.
var countries = []struct {
	code        string
	least, most int
}{
	{"86", 12, 14}, {"852", 11, 11}, {"853", 11, 11}, {"886", 11, 12}, {"81", 11, 12}, {"82", 10, 12}, {"65", 10, 10}, {"60", 10, 12},
	{"66", 10, 11}, {"84", 10, 11}, {"62", 10, 14}, {"63", 11, 12}, {"91", 12, 12}, {"971", 11, 12}, {"61", 11, 12}, {"64", 10, 12},
	{"44", 11, 13}, {"353", 10, 12}, {"33", 11, 12}, {"49", 9, 14}, {"39", 10, 13}, {"34", 11, 11}, {"31", 11, 11}, {"41", 11, 12}, {"7", 11, 11}, {"55", 12, 13},
	{"52", 12, 13}, {"27", 11, 11}, {"1", 11, 11},
}

// international is how many groups are a number with its country code after
// skip digits of a prefix. Codes that are not listed count after a plus alone.
func (w *window) international(skip int) int {
	least, most := 8, 15 // E.164
	known := false
	for _, country := range countries {
		if w.startsAt(skip, country.code) {
			least, most, known = country.least, country.most, true
			break
		}
	}
	if !known && skip > 0 {
		return 0
	}
	for k := min(w.n, 7); k >= 1; k-- {
		if n := w.total(k) - skip; n >= least && n <= most {
			return k
		}
	}
	return 0
}

func (w *window) startsAt(first int, prefix string) bool {
	for i := range len(prefix) {
		if first+i >= w.total(w.n) || w.digits[first+i] != prefix[i]-'0' {
			return false
		}
	}
	return true
}

// plusBefore is the place of the plus before a country code, which a
// parenthesis may enclose. A plus after a digit or letter adds.
func plusBefore(s string, start int) (int, bool) {
	r, width := before(s, start)
	if r == '(' || r == '（' || r == ' ' {
		start -= width
		r, width = before(s, start)
	}
	if r != '+' && r != '＋' {
		return 0, false
	}
	start -= width
	further, _ := before(s, start)
	return start, !isDigit(further) && !isLetter(further)
}
