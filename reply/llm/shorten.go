package llm

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
)

// sentenceEnds are where a text may be parted.
const sentenceEnds = "。！？!?；;\n"

// Shorten keeps the sentences of a text that have most in common with what it
// is about, the first of it before later ones, as many as have room, in their
// order. A single sentence that has none is cut; without room nothing is left.
func Shorten(text, about string, room int) string {
	if room <= 0 {
		return ""
	}
	text = strings.TrimSpace(text)
	if tokens(text) <= room {
		return text
	}
	sentences := split(text)
	wanted := pairs(about)
	order := make([]int, len(sentences))
	worth := make([]float64, len(sentences))
	for i, s := range sentences {
		order[i] = i
		own := pairs(s)
		for p := range own {
			if wanted[p] {
				worth[i]++
			}
		}
		worth[i] /= float64(max(len(own), 1))
		if i == 0 {
			worth[i] += .1
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(worth[b], worth[a]) })
	kept := make([]bool, len(sentences))
	any := false
	for _, i := range order {
		if n := tokens(sentences[i]); n <= room {
			room -= n
			kept[i], any = true, true
		}
	}
	if !any {
		return cut(sentences[order[0]], room)
	}
	var b strings.Builder
	for i, s := range sentences {
		if kept[i] {
			b.WriteString(s)
		}
	}
	return strings.TrimSpace(b.String())
}

// split parts a text behind its sentences' ends.
func split(text string) []string {
	var sentences []string
	from := 0
	for i, r := range text {
		if end := i + len(string(r)); strings.ContainsRune(sentenceEnds, r) || r == '.' && (end == len(text) || text[end] == ' ') {
			sentences = append(sentences, text[from:end])
			from = end
		}
	}
	if from < len(text) {
		sentences = append(sentences, text[from:])
	}
	return sentences
}

// pairs are a text's pairs of neighbouring letters.
func pairs(text string) map[[2]rune]bool {
	all := map[[2]rune]bool{}
	last := rune(0)
	for _, r := range strings.ToLower(text) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			last = 0
			continue
		}
		if last != 0 {
			all[[2]rune{last, r}] = true
		}
		last = r
	}
	return all
}

// cut keeps as many characters as have room.
func cut(text string, room int) string {
	runes := []rune(text)
	for len(runes) > 0 && tokens(string(runes)) > room {
		runes = runes[:len(runes)-max(1, (tokens(string(runes))-room)/2)]
	}
	return strings.TrimSpace(string(runes))
}
