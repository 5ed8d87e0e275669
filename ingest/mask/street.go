package mask

import (
	"regexp"
	"slices"
	"strings"
)

// The words for streets. A weak one is a common noun as well: 2 black court
// shoes, 3 place mats.
const (
	strongStreets = `street|st|road|rd|avenue|ave|boulevard|blvd|lane|ln|highway|hwy|parkway|pkwy|terrace|crescent|drive`
	weakStreets   = `court|ct|way|place|pl|square|sq|circle|cir|close|row|dr|walk|mews|alley|gardens|plaza|hill|grove|rise|quay`
)

var (
	streetWords = strings.Split(strongStreets+"|"+weakStreets, "|")

	streetPattern = regexp.MustCompile(`(?i)(\d{1,5}(?:[-/]\d{1,5})?[a-z]?),? ((?:(?:[a-z][a-z'’-]*\.?|\d{1,3}(?:st|nd|rd|th)) ){1,4}?)(?:(` + strongStreets + `)|(` + weakStreets + `))\b`)
	boxPattern    = regexp.MustCompile(`(?i)\bp\.? ?o\.? ?box #?\d{1,6}`)

	// What may stand before and after; each is looked for again until none fits.
	leftPattern  = regexp.MustCompile(`(?i)(?:(?:\b(?:flat|apt|apartment|unit|suite|ste|level|room|rm|floor|building|bldg|block|tower)\.? ?#?[a-z]?\d{1,5}[a-z]?|\b\d{1,2}(?:st|nd|rd|th)? ?(?:floor|/f)|\bno\.?|#) ?,? ?)+$`)
	rightPattern = regexp.MustCompile(`^(?:\.? (?:NW|NE|SW|SE|N|S|E|W|North|South|East|West|Central)\b|(?i:[.,]? ?(?:apt|apartment|unit|suite|ste|level|flat|floor|fl|room|rm|building|bldg)\.? ?#?[a-z]?\d{1,5}[a-z]?\b|[.,]? ?#\d{1,5}[a-z]?\b|, ?\d{1,2}(?:st|nd|rd|th) floor\b)|,? [A-Z]{2,3},? \d{4,5}(?:-\d{4})?\b|,? [A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}\b|,? (?:USA|U\.S\.A\.|UK|United States|United Kingdom|Canada|Australia|China|Singapore)\b|,? \d{5,6}\b)`)
	cityPattern  = regexp.MustCompile(`^, ?[A-Z][A-Za-z.'-]+(?: [A-Z][a-z][A-Za-z'-]*){0,2}\b`)
)

// findStreets finds English addresses: a number, a name and a word for a
// street, with what belongs to it before and behind.
func findStreets(s string, spans []span) []span {
	if !hasStreetWord(s) {
		return spans
	}
	for _, box := range boxPattern.FindAllStringIndex(s, -1) {
		spans = append(spans, span{box[0], streetEnd(s, box[1]), Address})
	}
	for i := 0; i < len(s); {
		m := streetPattern.FindStringSubmatchIndex(s[i:])
		if m == nil {
			break
		}
		for j := range m {
			if m[j] >= 0 {
				m[j] += i
			}
		}
		if !isStreet(s, m) {
			i = m[3]
			continue
		}
		end := streetEnd(s, m[1])
		spans = append(spans, span{streetStart(s, m[0]), end, Address})
		i = end
	}
	return spans
}

// hasStreetWord keeps the patterns away from nearly all texts.
func hasStreetWord(s string) bool {
	for i := 0; i < len(s); {
		word := wordAfter(s, i)
		if word == "" {
			i++
			continue
		}
		i += len(word)
		if len(word) <= len("boulevard") && slices.ContainsFunc(streetWords, func(known string) bool { return len(known) == len(word) && strings.EqualFold(known, word) }) {
			return true
		}
		if strings.EqualFold(word, "box") {
			return true
		}
	}
	return false
}

// isStreet judges a match of streetPattern: m is the places of the whole, the
// number, the name, the strong and the weak word.
func isStreet(s string, m []int) bool {
	if r, _ := before(s, m[0]); isDigit(r) || isLetter(r) || strings.ContainsRune("$€£¥￥.-/_", r) {
		return false
	}
	capital := isUpper(rune(s[max(m[6], m[8])]))
	for _, word := range strings.Fields(s[m[4]:m[5]]) {
		if slices.Contains(notInStreets, strings.ToLower(word)) {
			return false
		}
		capital = capital && (isUpper(rune(word[0])) || isDigit(rune(word[0])))
	}
	rest := strings.TrimLeft(s[m[1]:], ".")
	first, _ := after(rest, 0)
	ends := strings.TrimSpace(rest) == "" || strings.ContainsRune(",;\n)!?，。；）", first) || rightPattern.MatchString(rest)
	next := strings.ToLower(wordAfter(strings.TrimLeft(rest, " "), 0))
	switch {
	case capital && m[6] >= 0:
		return ends || !slices.Contains(streetwear, next)
	case capital:
		return ends
	}
	return m[6] >= 0 && (ends || slices.Contains(afterStreets, next))
}

var (
	notInStreets = []string{"to", "of", "for", "in", "on", "at", "the", "and", "or", "from", "is", "are", "x", "pcs", "piece", "pieces", "item", "items", "days", "day", "min", "mins", "minutes", "hours", "hour", "blocks", "miles", "km", "per", "off", "size", "pack", "more", "pairs", "pair", "i", "my", "you", "your", "it", "this", "that", "no", "way"}
	afterStreets = []string{"please", "and", "is", "in", "near", "thanks", "thank", "for", "not", "instead", "by", "on", "or", "with", "but"}
	streetwear   = []string{"style", "wear", "food", "art", "light", "lights", "bike", "bikes", "fashion", "shoes", "tee", "tees", "hoodie", "hoodies", "map", "maps", "sign", "signs", "runner", "runners", "trip", "test"}
	notCities    = []string{"Please", "Thanks", "Thank", "And", "Hi", "Hello", "Is", "Can", "Could", "My", "Do", "Does", "The", "When", "What", "How", "Will", "Phone", "Tel", "Call", "Contact", "Email", "Not", "But", "If", "Attn", "Name"}
)

func streetStart(s string, start int) int {
	from := max(0, start-reach)
	if left := leftPattern.FindStringIndex(s[from:start]); left != nil {
		return from + left[0]
	}
	return start
}

// streetEnd takes in flat, city, state, code and country.
func streetEnd(s string, end int) int {
	for range 8 {
		rest := s[end:]
		if right := rightPattern.FindStringIndex(rest); right != nil {
			end += right[1]
			continue
		}
		city := cityPattern.FindString(rest)
		if first := strings.Fields(strings.TrimLeft(city, ", ")); city == "" || slices.Contains(notCities, first[0]) {
			break
		}
		end += len(city)
	}
	return end
}
