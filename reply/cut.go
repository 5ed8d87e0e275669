package reply

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"askbuy/reply/turn"
)

// maxBrief is how many characters a mini program shows.
const maxBrief = 50

// brief is what the shopper is shown of a reply.
func brief(r *turn.Reply) string {
	if r.Route == turn.RouteHuman {
		return r.Text // a person's words are theirs
	}
	if r.Brief != "" {
		return Cut(r.Brief, maxBrief)
	}
	return Cut(r.Text, maxBrief)
}

// Cut shortens a text to n characters: behind the last sentence that fits,
// else behind the last part of one, else between two words with a mark that
// something is missing.
func Cut(text string, n int) string {
	text = strings.TrimSpace(text)
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)
	for _, ends := range []string{"。！？!?；;\n", "，,、：:"} {
		if at := lastEnd(runes[:n+1], ends); at > 0 {
			if part := strings.TrimRight(string(runes[:at]), " \n，,、：:"); part != "" {
				return part
			}
		}
	}
	at := n - 1 // room for the mark
	for back := at; back > n/2; back-- {
		if unicode.IsSpace(runes[back]) {
			at = back
			break
		}
	}
	return strings.TrimRightFunc(string(runes[:at]), unicode.IsSpace) + "…"
}

// lastEnd is where the last part that ends with one of these marks is over. A
// full stop ends a sentence before a space only, and nothing ends between two
// digits, so that no number is cut.
func lastEnd(runes []rune, ends string) int {
	for i := len(runes) - 2; i > 0; i-- {
		stop := runes[i] == '.' && unicode.IsSpace(runes[i+1]) && !strings.Contains(ends, ",")
		if stop || strings.ContainsRune(ends, runes[i]) && !(unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1])) {
			return i + 1
		}
	}
	return 0
}
