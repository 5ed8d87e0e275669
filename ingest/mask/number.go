package mask

import "unicode/utf8"

// findNumbers finds all that is made of digits: phones, ID cards, bank cards.
func findNumbers(s string, spans []span) []span {
	var w window
	for i := 0; i < len(s); {
		width, _ := digitAt(s, i)
		if width == 0 {
			if s[i] < utf8.RuneSelf {
				i++
				continue
			}
			_, width = utf8.DecodeRuneInString(s[i:])
			i += width
			continue
		}
		w.read(s, i)
		found, ok := w.classify(s)
		if w.n > 0 && !ok {
			i = w.groups[0].end
			continue
		}
		if !ok {
			i = digitsEnd(s, i)
			continue
		}
		spans = append(spans, found)
		i = found.end
	}
	return spans
}

func digitsEnd(s string, i int) int {
	end, _ := digitsFrom(s, i)
	return end
}

// digitsFrom is where the digits that start at i end, and how many they are.
func digitsFrom(s string, i int) (end, n int) {
	for {
		width, _ := digitAt(s, i)
		if width == 0 {
			return i, n
		}
		i += width
		n++
	}
}

// classify says what the window's first groups are.
func (w *window) classify(s string) (span, bool) {
	if w.n == 0 || w.groups[0].n > maxGroup {
		return span{}, false
	}
	if found, ok := w.idCard(s); ok {
		return found, true
	}
	if found, ok := w.bankCard(s); ok {
		return found, true
	}
	return w.phone(s)
}

// cut is the text span of the first k groups.
func (w *window) cut(k int, kind Kind) span {
	return span{w.groups[0].start, w.groups[k-1].end, kind}
}

// stands reports whether the value at [start, end) stands for itself, and is no
// piece of a longer identifier, of a price or of a decimal fraction.
func stands(s string, start, end int) bool {
	return standsBefore(s, start) && standsAfter(s, end)
}

func standsBefore(s string, start int) bool {
	r, width := before(s, start)
	switch {
	case isDigit(r), r == '第', r == '$', r == '¥', r == '￥', r == '€', r == '£', r == '_', r == '*':
		return false
	case isLetter(r):
		return !idWord(wordBefore(s, start))
	}
	if _, kind := gapAt(s, start-width); kind == gapDash || kind == gapDot {
		further, _ := before(s, start-width)
		if isDigit(further) {
			return phoneEndsAt(s, start-width)
		}
		return !isLetter(further) || !idWord(wordBefore(s, start-width))
	}
	return true
}

func standsAfter(s string, end int) bool {
	r, width := after(s, end)
	switch {
	case isDigit(r), r == '%', r == '_', r == '*', r == '％':
		return false
	case isLetter(r):
		return len(wordAfter(s, end)) >= 3
	}
	if _, kind := gapAt(s, end); kind == gapDash || kind == gapDot {
		if further, _ := after(s, end+width); isDigit(further) {
			var w window
			w.read(s, end+width)
			return w.n > 0 && kind == gapDash && w.mobile(0) > 0
		}
	}
	return true
}

// phoneEndsAt reports whether a mobile number ends at i: people join two of
// them by a dash or a stroke.
func phoneEndsAt(s string, i int) bool {
	const length = 11
	if i < length {
		return false
	}
	var w window
	w.read(s, i-length)
	return w.n > 0 && w.groups[0].n == length && w.mobile(0) > 0
}
