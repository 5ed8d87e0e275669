package safety

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// telling is how many characters in a row of its instructions a reply may not
// repeat: fewer occur by chance.
const telling = 12

// formats are pieces of a chat's own format, and a model's words about itself.
var formats = compile(
	`<\|?(im_start|im_end|system|endoftext|start_of_turn|end_of_turn|eot_id)\|?>|\[/?inst\]|<</?sys>>|<(start|end)_of_turn>`,
	`(my|the) (system|initial|hidden|original) (prompts?|instructions?|message)|(my|these) instructions (are|say|tell)|i('ve| have)? (been|was) (instructed|told|programmed|prompted) to`,
	`(我的|系统)(系统)?(提示词|提示语|指令|设定|初始指令)(是|为|如下|要求|写着|:)|我被(要求|设定|指示)|system prompt`,
	`"role"\s*:\s*"(system|assistant|user)"`,
	`as an ai (language )?model|作为一?个?(ai|人工智能|大?语言模型)`,
)

// leaks reports whether a reply tells what the model was told.
func leaks(reply string, instructions []string) bool {
	flat, _ := flatten(reply)
	for _, p := range formats {
		if p.MatchString(flat) {
			return true
		}
	}
	bare := bareRunes(reply)
	for _, told := range instructions {
		if repeats(bare, bareRunes(told)) {
			return true
		}
	}
	return false
}

// repeats reports whether both texts have telling characters in a row in
// common. Latin letters are shorter words, so it takes three times as many.
func repeats(reply, told []rune) bool {
	n := telling
	for _, r := range told {
		if unicode.Is(unicode.Han, r) {
			n = telling
			break
		}
		n = 3 * telling
	}
	if len(told) < n || len(reply) < n {
		return false
	}
	text := string(told)
	for i := 0; i+n <= len(reply); i++ {
		if strings.Contains(text, string(reply[i:i+n])) {
			return true
		}
	}
	return false
}

func bareRunes(text string) []rune {
	var bare []rune
	for _, l := range folded(nil, text) {
		bare = append(bare, l.r)
	}
	return bare
}

var markup = regexp.MustCompile("(?s)```|</?[a-zA-Z][^>]*>|https?://|\\]\\(|^\\s*[{\\[]\\s*\"")

// Foreign reports whether a reply is in another language than the shopper reads:
// Chinese for "en", and for others English. Names and sizes are of none.
func Foreign(reply, language string) bool {
	han, latin, words, inWord := 0, 0, 0, false
	for _, r := range reply {
		letter := r < utf8.RuneSelf && unicode.IsLetter(r)
		switch {
		case unicode.Is(unicode.Han, r):
			han++
		case letter:
			if latin++; !inWord {
				words++
			}
		}
		inWord = letter
	}
	if language == "en" {
		return 2*han > latin
	}
	return han == 0 && words > 2
}

// unreadable reports whether a reply is nothing that a shopper could read: not
// UTF-8, without a letter, control characters, markup, links, or one thing over
// and over.
func unreadable(reply string) bool {
	if !utf8.ValidString(reply) || strings.ContainsRune(reply, unicode.ReplacementChar) || markup.MatchString(reply) {
		return true
	}
	letters, kinds := 0, map[rune]bool{}
	for _, r := range reply {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return true
		}
		if unicode.IsLetter(r) {
			letters++
			kinds[unicode.ToLower(r)] = true
		}
	}
	return letters == 0 || letters > 12 && len(kinds) < 4
}
