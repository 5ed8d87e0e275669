package intent

// The lexicon's kinds of words that say what a number after them is of: the
// entity's type and a question mark.
const (
	cueOrder    = "order_id?"
	cueTracking = "tracking?"
	cueSKU      = "sku?"
)

// code reads a word of digits, letters and hyphens that names an order, a
// parcel or an article. Eight digits and more are of an order, unless words
// before it say otherwise; a mix of letters and three digits and more is of an
// article. A unit's letters (170cm) make no code.
func code(s, cue string) (kind string, width int) {
	digits, letters := 0, 0
	for width < len(s) && (isWord(s[width]) && s[width] != '\'' || s[width] == '-' && width > 0) {
		if isDigit(s[width]) {
			digits++
		} else if s[width] != '-' {
			letters++
		}
		width++
	}
	for width > 0 && s[width-1] == '-' {
		width--
	}
	switch {
	case digits >= 8 && cue == cueTracking:
		return "tracking", width
	case digits >= 8 && cue != cueSKU, digits >= 5 && cue == cueOrder:
		return "order_id", width
	case digits >= 3 && cue == cueSKU, digits >= 3 && letters >= 1 && !isDigit(s[0]):
		return "sku", width
	}
	return "", 0
}
