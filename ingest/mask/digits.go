package mask

const (
	maxGroups = 12
	maxDigits = 40
	maxGroup  = 19 // digits: no value that we know is longer
)

// group is a run of digits.
type group struct {
	start, end int // in the text
	first, n   int // in the window's digits
	gap        gap // before it; of several the strictest
}

// window is the groups of digits from one place of a text on that may be one
// number: "138 0013-8000" has three.
type window struct {
	digits [maxDigits]byte // values, 0 to 9
	groups [maxGroups]group
	n      int // groups
}

// read fills the window from the digit at i.
func (w *window) read(s string, i int) {
	w.n = 0
	total := 0
	for w.n < maxGroups {
		g := group{start: i, first: total}
		for {
			width, value := digitAt(s, i)
			if width == 0 {
				break
			}
			if total+g.n < maxDigits {
				w.digits[total+g.n] = value
			}
			g.n++
			i += width
		}
		g.end = i
		if w.n > 0 {
			g.gap = gapBetween(s, w.groups[w.n-1].end, g.start)
		}
		w.groups[w.n] = g
		w.n++
		total += g.n
		next := skipGap(s, i)
		if width, _ := digitAt(s, next); width == 0 || next == i || total >= maxDigits || g.n > maxGroup {
			break
		}
		i = next
	}
	if total > maxDigits {
		w.n-- // the last group did not fit
	}
}

// skipGap is where the separators at i end: at most three.
func skipGap(s string, i int) int {
	for range 3 {
		width, _ := gapAt(s, i)
		i += width
	}
	return i
}

func gapBetween(s string, from, to int) gap {
	strictest := gapNone
	for from < to {
		width, kind := gapAt(s, from)
		strictest = max(strictest, kind)
		from += width
	}
	return strictest
}

// total is how many digits the first k groups have.
func (w *window) total(k int) int {
	last := w.groups[k-1]
	return last.first + last.n
}

// upTo is how many whole groups have n digits together, or 0.
func (w *window) upTo(n int) int {
	for k := 1; k <= w.n; k++ {
		if total := w.total(k); total >= n {
			if total == n {
				return k
			}
			return 0
		}
	}
	return 0
}

// shaped is the number of sizes when the groups from the one with index from on
// have those sizes, or 0.
func (w *window) shaped(from int, sizes ...int) int {
	if from+len(sizes) > w.n {
		return 0
	}
	for i, size := range sizes {
		if w.groups[from+i].n != size {
			return 0
		}
	}
	return len(sizes)
}

// number is n digits from the one with index first on.
func (w *window) number(first, n int) int {
	value := 0
	for _, d := range w.digits[first : first+n] {
		value = value*10 + int(d)
	}
	return value
}

// starts reports whether the digits begin with a prefix.
func (w *window) starts(prefix string) bool {
	for i := range len(prefix) {
		if i >= w.total(w.n) || w.digits[i] != prefix[i]-'0' {
			return false
		}
	}
	return true
}
