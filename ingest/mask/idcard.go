package mask

// provinces are the first two digits of resident numbers (GB/T 2260).
var provinces = func() (valid [100]bool) {
	for _, p := range [...]int{11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83} {
		valid[p] = true
	}
	return valid
}()

// idCard finds a resident identity number: 18 characters whose last is a check
// character (GB 11643, ISO 7064 MOD 11-2), or the 15 digits of old ones, which
// have none. With the word for it before, a wrong check character is a typo.
func (w *window) idCard(s string) (span, bool) {
	if !provinces[w.number(0, min(2, w.total(1)))] {
		return span{}, false
	}
	if k := w.upTo(18); k > 0 && w.born(4) {
		found := w.cut(k, IDCard)
		return found, (w.checkCharacter() == w.digits[17] || idCardBefore(s, found.start)) && !isDigitBefore(s, found.start)
	}
	if k := w.upTo(17); k > 0 && w.born(4) {
		found := w.cut(k, IDCard)
		if r, width := after(s, found.end); r == 'X' || r == 'x' || r == 'Ｘ' || r == '×' {
			found.end += width
			return found, (w.checkCharacter() == 10 || idCardBefore(s, found.start)) && !isDigitBefore(s, found.start)
		}
	}
	if w.groups[0].n == 15 && w.born(2) {
		found := w.cut(1, IDCard)
		return found, stands(s, found.start, found.end) && (idCardBefore(s, found.start) || !idBefore(s, found.start))
	}
	return span{}, false
}

// born reports whether a possible date of birth follows the six digits of the
// region, its year in 2 or 4 digits.
func (w *window) born(yearDigits int) bool {
	if year := w.number(6, yearDigits); yearDigits == 4 && (year < 1900 || year > 2099) {
		return false
	}
	month, day := w.number(6+yearDigits, 2), w.number(8+yearDigits, 2)
	return month >= 1 && month <= 12 && day >= 1 && day <= 31
}

// checkCharacter of 17 digits is 0 to 10, and 10 is written X.
func (w *window) checkCharacter() byte {
	sum := 0
	for i, weight := range [...]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(w.digits[i]) * weight
	}
	return byte((12 - sum%11) % 11)
}

func isDigitBefore(s string, start int) bool {
	r, _ := before(s, start)
	return isDigit(r)
}
