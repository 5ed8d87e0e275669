package safety

import (
	"regexp"
	"slices"
	"strings"
)

// hedges before a claim make a condition or a question of it, or say that it
// cannot be known.
var hedges = regexp.MustCompile(`(如果|若|假如|倘若|要是|是否|有没有|有无|能否|查看|查询|查一下|确认|请问|什么时候|何时|哪天|无法|不能|不确定|不知道|不清楚|\bif|\bwhether|\bonce|\bwhen|\bunless|\bcan't|\bcannot|\bnot sure|\bcheck)[^。！!.;；\n]{0,14}$`)

// denied is what turns a claim round. It sees a text without spaces.
var denied = regexp.MustCompile(`(not|n't|never|un|yettobe|没|未|无|非|不)(yet|been|be)*$`)

// invented is the first claim of a reply that no known text makes, or "".
// Numbers count as said when a known text has the same number with the same
// sign or unit.
func invented(reply string, known []string) string {
	flat, _ := flatten(reply)
	said := make([]string, 0, 2*len(known))
	for _, text := range known {
		flat, _ := flatten(text)
		said = append(said, flat, spaceless(flat)) // without spaces two numbers may read as one
	}
	for _, c := range claims {
		group := c.pattern.SubexpIndex("fact")
		for _, at := range c.pattern.FindAllStringSubmatchIndex(flat, -1) {
			fact, before := spaceless(flat[at[2*group]:at[2*group+1]]), flat[:at[2*group]]
			if c.hedged(before) {
				continue
			}
			isDenied := denies(spaceless(before))
			forms := []string{fact}
			if c.kind == "price" && bare(fact) { // the same number may be of another thing
				forms, isDenied = append(sums(fact), spaceless(flat[at[0]:at[1]])), denies(spaceless(flat[:at[0]]))
			}
			if slices.ContainsFunc(said, func(text string) bool {
				return slices.ContainsFunc(forms, func(form string) bool { return states(text, form, isDenied) })
			}) {
				continue
			}
			return c.kind + ": " + fact
		}
	}
	return ""
}

// bare reports whether a claim is of a number alone.
func bare(fact string) bool { return strings.Trim(fact, "0123456789.") == "" }

// sums are a number as an amount of money.
func sums(number string) []string {
	number = strings.TrimSuffix(number, ".")
	return []string{number + "元", number + "块", number + "圆", number + ".00", "¥" + number, "￥" + number, "$" + number, "减" + number}
}

// hedged reports whether what stands before a claim takes it back. A number
// remains a number, however it is introduced.
func (c claim) hedged(before string) bool {
	switch c.kind {
	case "order state", "stock", "promise":
		return hedges.MatchString(end(before, 120))
	}
	return false
}

func denies(before string) bool { return denied.MatchString(end(before, 24)) }

// end is the last n bytes of a text: all that a pattern that ends with it needs.
func end(text string, n int) string { return text[max(0, len(text)-n):] }

func spaceless(text string) string { return strings.ReplaceAll(text, " ", "") }

// states reports whether a text makes a claim: in its words, denied or not
// denied as it is, and with no more digits before or after.
func states(text, fact string, isDenied bool) bool {
	for from := 0; ; {
		i := strings.Index(text[from:], fact)
		if i < 0 {
			return false
		}
		begin, end := from+i, from+i+len(fact)
		partOfNumber := begin > 0 && digitAt(text, begin-1) && digitAt(fact, 0) || end < len(text) && digitAt(text, end) && digitAt(fact, len(fact)-1)
		if !partOfNumber && denies(text[:begin]) == isDenied {
			return true
		}
		from = begin + 1
	}
}

func digitAt(s string, i int) bool { return s[i] >= '0' && s[i] <= '9' || s[i] == '.' }
