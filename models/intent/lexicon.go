package intent

import (
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

//go:embed lexicon.json
var lexiconJSON []byte

// lexicon finds words in a text. A bit set of first characters skips nearly
// every place that no word starts at.
type lexicon struct {
	first   [1 << 10]uint64 // by the low 16 bits of the first character
	byFirst map[rune][]entry
	ascii   [utf8.RuneSelf][]entry // the part of byFirst that is asked for most
}

// entry is one word; words of Latin letters are lower case here and match in
// any case, whole.
type entry struct {
	word, kind string
	latin      bool
}

var lexiconOnce = sync.OnceValue(func() *lexicon {
	l, err := parseLexicon(lexiconJSON)
	if err != nil {
		panic(err)
	}
	return l
})

// parseLexicon reads {kind: [word, ...]}.
func parseLexicon(raw []byte) (*lexicon, error) {
	var kinds map[string][]string
	if err := json.Unmarshal(raw, &kinds); err != nil {
		return nil, fmt.Errorf("read lexicon: %w", err)
	}
	l := &lexicon{byFirst: map[rune][]entry{}}
	for kind, words := range kinds {
		for _, word := range words {
			r, _ := utf8.DecodeRuneInString(word)
			if word == "" || word != strings.ToLower(word) {
				return nil, fmt.Errorf("read lexicon: %s: %q is empty or not lower case", kind, word)
			}
			l.first[r>>6&0x3FF] |= 1 << (r & 63)
			l.byFirst[r] = append(l.byFirst[r], entry{word, kind, r < utf8.RuneSelf})
		}
	}
	for r, entries := range l.byFirst {
		slices.SortFunc(entries, longestFirst)
		for i := 1; i < len(entries); i++ {
			if entries[i].word == entries[i-1].word {
				return nil, fmt.Errorf("read lexicon: %q comes twice", entries[i].word)
			}
		}
		if r < utf8.RuneSelf {
			l.ascii[r] = entries
		}
	}
	return l, nil
}

// entries are the words that begin with r, the longest first.
func (l *lexicon) entries(r rune) []entry {
	if r < utf8.RuneSelf {
		return l.ascii[r]
	}
	return l.byFirst[r]
}

func longestFirst(a, b entry) int {
	if len(a.word) != len(b.word) {
		return len(b.word) - len(a.word)
	}
	return strings.Compare(a.word, b.word)
}

func (l *lexicon) starts(r rune) bool {
	return l.first[r>>6&0x3FF]&(1<<(r&63)) != 0
}

// at reports whether the word stands at the beginning of s.
func (e entry) at(s string) bool {
	if len(s) < len(e.word) {
		return false
	}
	if !e.latin {
		return s[:len(e.word)] == e.word
	}
	return equalLower(s[:len(e.word)], e.word) && (len(s) == len(e.word) || !isWord(s[len(e.word)]))
}

// equalLower compares s, of any case, with lower, byte by byte.
func equalLower(s, lower string) bool {
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
