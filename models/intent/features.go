package intent

// featurizerVersion changes with anything that changes a text's features:
// weights are worth nothing under another one.
const featurizerVersion = 3

// maxRunes is how much of a text is read.
const maxRunes = 512

// prime separates the runes of an n-gram.
const prime = 0x100000001b3

// mix spreads an n-gram's number over 32 bits: the upper half of a product
// with an odd number, whose every bit depends on all bits below it.
func mix(h uint64) uint32 {
	h ^= h >> 29
	return uint32(h * 0x9E3779B97F4A7C15 >> 32)
}

// Features appends one hash per feature of text to dst, for training; a
// feature that occurs twice is there twice.
func Features(dst []uint32, text string) []uint32 {
	dst, _ = hashText(dst, text)
	return dst
}

// hashText appends the features of text to dst: characters in ones, twos and
// threes, Latin words in ones and twos. A space is the edge of a clause, and
// the text's ends are edges too, so a clause has the same features wherever
// it stands.
func hashText(dst []uint32, text string) ([]uint32, script) {
	n := normaliser{text: unmasked(text), last: ' '}
	h1, h2 := uint64(' '), uint64(' ') // the rune before, and the one before that
	var w words
	for {
		r, class, ok := n.next()
		if !ok {
			break
		}
		c := uint64(r)
		if r != ' ' {
			dst = append(dst, mix(c*prime+1))
		}
		dst = append(dst, mix((h1*prime+c)*prime+2), mix(((h2*prime+h1)*prime+c)*prime+3))
		h2, h1 = h1, c
		if r == ' ' {
			h2 = c // nothing reaches across the edge but pairs of words
		}
		dst = w.add(dst, c, class)
	}
	if h1 != ' ' {
		dst = append(dst, mix((h1*prime+' ')*prime+2), mix(((h2*prime+h1)*prime+' ')*prime+3))
	}
	return w.add(dst, ' ', classSpace), n.script
}

// words gathers Latin words, numbers included.
type words struct{ current, previous uint64 }

// add takes one rune and appends what it completes: a word, and the pair that
// the word makes with the one before. A Han character between two words parts
// them.
func (w *words) add(dst []uint32, c uint64, class class) []uint32 {
	if class == classLatin || class == classDigit {
		w.current = (w.current+c)*prime + 7
		return dst
	}
	if w.current != 0 {
		dst = append(dst, mix(w.current+4))
		if w.previous != 0 {
			dst = append(dst, mix(w.previous*31+w.current+5))
		}
		w.previous, w.current = w.current, 0
	}
	if class == classOther {
		w.previous = 0
	}
	return dst
}
