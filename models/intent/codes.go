package intent

// The lexicon's kinds of words that say what a number or a code after them is
// of: the entity's type and a question mark.
const (
	cueOrder    = "order_id?"
	cueTracking = "tracking?"
	cueSKU      = "sku?"
	cueCoupon   = "coupon?"
	cueSkip     = "skip?" // a number of no interest: of a telephone, of a tax payer
	cueSize     = "size?"
	cueAmount   = "amount?"

	kindCoupon = "coupon#" // the code itself, not the word before it
)

// reach is how many bytes after a cue of a size, an amount or a coupon its
// number may begin.
const reach = 7

// cues are the words before a place that say what a number there is of.
type cues struct {
	code       string // the last of an order, a parcel, an article, a coupon, or to skip
	codeEnd    int
	number     string // the last of a size or an amount
	numberEnd  int
	waybill    bool // code is of a parcel for certain, not "单号" alone
	couponWord bool // the last entity is the word for a coupon, which ends at codeEnd
}

// add takes a word of the lexicon that ends at end, and reports whether it is
// a cue and nothing else.
func (c *cues) add(kind, word string, end int) bool {
	switch kind {
	case cueOrder, cueTracking, cueSKU, cueCoupon, cueSkip:
		c.code, c.codeEnd, c.couponWord = kind, end, false
		c.waybill = kind == cueTracking && word != "单号"
	case "coupon":
		c.code, c.codeEnd, c.couponWord = cueCoupon, end, true
		return false
	case cueSize, cueAmount:
		c.number, c.numberEnd = kind, end
	default:
		return false
	}
	return true
}

// codeAt is the cue of a code that begins at i.
func (c *cues) codeAt(i int) string {
	if c.code == cueCoupon && i-c.codeEnd > reach {
		return ""
	}
	return c.code
}

// read reads a word of digits, letters and hyphens that names an order, a
// parcel, an article or a coupon. Eight digits and more are of an order, unless
// words before it say otherwise; a mix of letters and digits is of an article.
// A unit's letters (170cm) make no code.
func (c *cues) read(text string, i int) (kind string, width int) {
	s, cue := text[i:], c.codeAt(i)
	w := spell(s)
	switch {
	case cue == cueSkip && w.digits+w.letters >= 5 && i-c.codeEnd <= reach:
		return kindIgnore, w.width
	case cue == cueCoupon && w.width >= 4 && w.capitals == w.letters && (w.letters > 0 || w.digits >= 6):
		return kindCoupon, w.width
	case cue == cueTracking && w.digits >= 8 && (c.waybill || w.letters > 0 || w.digits >= 13):
		return "tracking", w.width
	case w.digits >= 8 && cue != cueSKU, w.digits >= 5 && cue == cueOrder:
		return "order_id", w.width
	case w.digits >= 3 && cue == cueSKU, w.letters >= 1 && !isDigit(s[0]) && (w.digits >= 3 || w.digits == 2 && w.capitals == w.letters && w.width >= 4):
		return "sku", w.width
	}
	return "", 0
}

// spelling is what a word of digits, letters and hyphens is made of.
type spelling struct{ width, digits, letters, capitals int }

func spell(s string) (w spelling) {
	for w.width < len(s) && (isWord(s[w.width]) && s[w.width] != '\'' || s[w.width] == '-' && w.width > 0) {
		switch b := s[w.width]; {
		case isDigit(b):
			w.digits++
		case b != '-':
			w.letters++
			if b >= 'A' && b <= 'Z' {
				w.capitals++
			}
		}
		w.width++
	}
	for w.width > 0 && s[w.width-1] == '-' {
		w.width--
	}
	return w
}
