package mask

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mailboxes are the domains that people write after a blank and an @, or
// without their end.
var mailboxes = []string{"qq", "163", "126", "gmail", "hotmail", "outlook", "foxmail", "yahoo", "icloud", "sina", "sohu", "139", "189", "aliyun"}

// notDomains end names of files and versions, not hosts: "icon@2x.png".
var notDomains = []string{"png", "jpg", "jpeg", "gif", "webp", "svg", "js", "css", "html", "mp4", "pdf"}

// findEmails finds e-mail addresses by their @, in ASCII or full width.
func findEmails(s string, spans []span) []span {
	floor := 0
	for i := 0; i < len(s); {
		r, width := utf8.DecodeRuneInString(s[i:])
		if r != '@' && r != '＠' {
			i += width
			continue
		}
		at := i
		i += width
		start := localPart(s, at, floor)
		end := domainPart(s, i)
		if start == at || end == i {
			start, end = spacedEmail(s, at, i, floor)
		}
		if start < end {
			spans = append(spans, span{start, end, Email})
			i, floor = end, end
		}
	}
	return spans
}

// localPart is where the local part that ends at i begins.
func localPart(s string, i, floor int) int {
	end := i
	for i > floor {
		r, width := before(s, i)
		letter := isLetter(r) || isDigit(r) || r >= 0xc0 && r < 0x250 && unicode.IsLetter(r)
		if !letter && (r >= utf8.RuneSelf || !strings.ContainsRune("._%+-'&", r)) {
			break
		}
		i -= width
	}
	for i < end && strings.IndexByte("._-'&", s[i]) >= 0 { // a quote or a dash before it
		i++
	}
	return i
}

// domainPart is where the domain that starts at i ends, or i when there is none.
func domainPart(s string, i int) int {
	start, end, label := i, i, i
	for {
		r, width := after(s, i)
		switch {
		case isLetter(r) || isDigit(r) || r == '-' && i > label:
			i += width
			next, _ := after(s, i)
			if label > start && !isLetter(next) && !isDigit(next) && next != '-' && topLevel(s[label:i]) {
				end = i
			}
		case (r == '.' || r == '．') && i > label:
			i += width
			label = i
		default:
			if slices.Contains(notDomains, strings.ToLower(s[lastDot(s, start, end)+1:end])) {
				return start
			}
			return end
		}
	}
}

func lastDot(s string, start, end int) int { return start + strings.LastIndexByte(s[start:end], '.') }

func topLevel(label string) bool {
	if len(label) < 2 {
		return false
	}
	for _, r := range label {
		if !isLetter(r) {
			return false
		}
	}
	return true
}

// spacedEmail reads what people make of addresses to well-known mailboxes:
// "abc @ qq.com", "12345@qq". It is empty when it is none.
func spacedEmail(s string, at, i, floor int) (start, end int) {
	left := at
	for left > floor && s[left-1] == ' ' {
		left--
	}
	for i < len(s) && s[i] == ' ' {
		i++
	}
	start = localPart(s, left, floor)
	if start == left {
		return 0, 0
	}
	for _, name := range mailboxes {
		if len(s) < i+len(name) || !strings.EqualFold(s[i:i+len(name)], name) {
			continue
		}
		end = i + len(name)
		if next, _ := after(s, end); isLetter(next) || isDigit(next) {
			continue
		}
		return start, max(end, domainPart(s, i))
	}
	return 0, 0
}
