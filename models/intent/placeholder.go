package intent

import "strings"

// longestPlaceholder is the length of a placeholder's name at most.
const longestPlaceholder = 12

// unmasked is a text without the placeholders of personal data, like [phone]:
// they are words of ours, and say nothing that the shopper said.
func unmasked(text string) string {
	if strings.IndexByte(text, '[') < 0 {
		return text
	}
	var b strings.Builder
	for {
		before, after, found := strings.Cut(text, "[")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		if name, rest, ok := strings.Cut(after, "]"); ok && isPlaceholder(name) {
			text = rest
			b.WriteByte(' ')
			continue
		}
		b.WriteByte('[')
		text = after
	}
}

func isPlaceholder(name string) bool {
	return name != "" && len(name) <= longestPlaceholder && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz-") == ""
}
