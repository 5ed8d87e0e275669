package mask

// bankCard finds the number of a bank card: 13 to 19 digits with a right check
// digit (ISO/IEC 7812, Luhn), in one run or in the groups printed on cards. One
// number in ten passes that check, so without the word for it before, the first
// digits must be an issuer's and the length one that it uses.
func (w *window) bankCard(s string) (span, bool) {
	k := w.cardGroups()
	if k == 0 || !w.luhn(w.total(k)) {
		return span{}, false
	}
	found := w.cut(k, BankCard)
	if !stands(s, found.start, found.end) {
		return span{}, false
	}
	if cardBefore(s, found.start) {
		return found, true
	}
	return found, w.issuer(w.total(k)) && !idBefore(s, found.start) && (k > 1 || !orderBefore(s, found.start))
}

// cardGroups is how many groups are written as cards are, or 0.
func (w *window) cardGroups() int {
	if n := w.groups[0].n; n >= 13 && n <= 19 {
		return 1
	}
	for _, sizes := range [...][2]int{{6, 5}, {6, 4}, {6, 13}, {6, 10}} { // American Express, Diners; UnionPay in two
		if sizes[1] > 5 {
			if w.shaped(0, sizes[0], sizes[1]) > 0 {
				return 2
			}
		} else if w.shaped(0, 4, sizes[0], sizes[1]) > 0 {
			return 3
		}
	}
	k := 0
	for k < min(w.n, 4) && w.groups[k].n == 4 {
		k++
	}
	if k < 4 {
		return 0
	}
	if w.n > 4 && w.groups[4].n < 4 && w.luhn(w.total(5)) {
		return 5 // 17 to 19 digits
	}
	return 4
}

// luhn reports whether the first n digits carry a right check digit.
func (w *window) luhn(n int) bool {
	sum := 0
	for i := range n {
		d := int(w.digits[i])
		if (n-i)%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && sum > 0
}

// issuer reports whether a card of n digits may begin like this. The table
// leaves out what nobody issues any more (Visa with 13 digits), for order
// numbers look like that.
func (w *window) issuer(n int) bool {
	two, four := w.number(0, 2), w.number(0, 4)
	switch n {
	case 14:
		return two == 36 || two == 38 || four >= 3000 && four <= 3059
	case 15:
		return two == 34 || two == 37
	case 16:
		return w.digits[0] == 4 || two >= 51 && two <= 55 || four >= 2221 && four <= 2720 || // Visa, Mastercard
			four >= 3528 && four <= 3589 || two == 62 || two == 65 || four == 6011 // JCB, UnionPay, Discover
	case 17, 18:
		return two == 62
	case 19:
		return two == 62 || four == 9558 || four == 9559
	}
	return false
}
