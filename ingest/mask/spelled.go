package mask

// findSpelled finds mobile numbers in Chinese numerals: eleven of them that
// begin as such numbers do.
func findSpelled(s string, spans []span) []span {
	for i := 0; i < len(s); {
		start, n := i, 0
		var first, second byte
		for i < len(s) {
			width, value := numeralAt(s, i)
			if width == 0 {
				break
			}
			switch n {
			case 0:
				first = value
			case 1:
				second = value
			}
			n++
			i += width
		}
		if n == 11 && first == 1 && second >= 3 && !idBefore(s, start) {
			spans = append(spans, span{start, i, Phone})
		}
		if n == 0 {
			_, width := after(s, i)
			i += width
		}
	}
	return spans
}
