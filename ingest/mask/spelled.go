package mask

// findSpelled finds mobile numbers in Chinese numerals, or in these and digits
// mixed: eleven of them that begin as such numbers do.
func findSpelled(s string, spans []span) []span {
	for i := 0; i < len(s); {
		run := spelledFrom(s, i)
		if run.n == 11 && run.numerals && run.first == 1 && run.second >= 3 && !idBefore(s, i) && stands(s, i, run.end) {
			spans = append(spans, span{i, run.end, Phone})
		}
		if i = run.end; run.n == 0 {
			_, width := after(s, i)
			i += width
		}
	}
	return spans
}

// spelled is a run of Chinese numerals and digits.
type spelled struct {
	end, n        int
	first, second byte // values of the first two
	numerals      bool // it is not of digits alone
}

func spelledFrom(s string, i int) (run spelled) {
	for {
		width, value := digitAt(s, i)
		if width == 0 {
			if width, value = numeralAt(s, i); width == 0 {
				run.end = i
				return run
			}
			run.numerals = true
		}
		switch run.n {
		case 0:
			run.first = value
		case 1:
			run.second = value
		}
		run.n++
		i += width
	}
}
