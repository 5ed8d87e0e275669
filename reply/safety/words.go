package safety

import (
	"bufio"
	"bytes"
	_ "embed"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed words.txt
var shippedWords []byte

// Limits of a file of words.
const (
	maxWordsFile = 4 << 20 // bytes
	maxWord      = 64      // characters, after folding
)

// Words finds the words of a list in a text, in one pass over it however many
// there are (Aho and Corasick, 1975). Case, width, spaces and marks between
// characters do not hide a word. It is immutable and safe for concurrent use;
// nil has no words.
type Words struct {
	nodes []node
	words []string // as they stand in the file

	anywhere bool // Latin words need not stand alone
}

// node is a prefix of some words.
type node struct {
	next map[rune]int32
	fail int32 // the longest other prefix that this one ends with
	word int32 // that ends here, or at a node that failing leads to; -1: none
	mark bool  // the word is of Latin letters: it has to stand alone
	size int   // of the prefix, characters
	from int32 // where failing leads to the next shorter word; 0: nowhere
}

// ParseWords reads a list: one word a line; lines that begin with # are
// comments. A file without a line is the shipped list.
func ParseWords(raw []byte) (*Words, error) {
	if len(raw) > maxWordsFile {
		return nil, fmt.Errorf("read word list: %d bytes, at most %d are taken", len(raw), maxWordsFile)
	}
	if len(raw) == 0 {
		raw = shippedWords
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	w := &Words{nodes: []node{{word: -1}}}
	lines := bufio.NewScanner(bytes.NewReader(raw))
	lines.Buffer(nil, maxWordsFile)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if err := w.add(line); err != nil {
			return nil, fmt.Errorf("read word list: line %d: %w", n, err)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read word list: %w", err)
	}
	w.link()
	return w, nil
}

func (w *Words) add(word string) error {
	if !utf8.ValidString(word) {
		return fmt.Errorf("%q is not UTF-8", word)
	}
	letters := folded(nil, word)
	if len(letters) == 0 || len(letters) > maxWord {
		return fmt.Errorf("%q has %d letters and digits, want 1 to %d", word, len(letters), maxWord)
	}
	at := int32(0)
	latin := true
	for _, l := range letters {
		latin = latin && l.r < utf8.RuneSelf
		to, known := w.nodes[at].next[l.r]
		if !known {
			to = int32(len(w.nodes))
			if w.nodes[at].next == nil {
				w.nodes[at].next = map[rune]int32{}
			}
			w.nodes[at].next[l.r] = to
			w.nodes = append(w.nodes, node{word: -1, size: w.nodes[at].size + 1})
		}
		at = to
	}
	if w.nodes[at].word < 0 {
		w.nodes[at].word, w.nodes[at].mark = int32(len(w.words)), latin
		w.words = append(w.words, word)
	}
	return nil
}

// link sets where each node fails to, the shorter prefixes first.
func (w *Words) link() {
	queue := []int32{0}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for r, to := range w.nodes[at].next {
			if at != 0 {
				w.nodes[to].fail = w.step(w.nodes[at].fail, r)
			}
			fail := w.nodes[to].fail
			if w.nodes[to].from = fail; w.nodes[fail].word < 0 {
				w.nodes[to].from = w.nodes[fail].from
			}
			queue = append(queue, to)
		}
	}
}

func (w *Words) step(at int32, r rune) int32 {
	for {
		if to, ok := w.nodes[at].next[r]; ok {
			return to
		}
		if at == 0 {
			return 0
		}
		at = w.nodes[at].fail
	}
}

// Find is the first word of the list that a text has, as it stands in the
// list, or "".
func (w *Words) Find(text string) string {
	if w == nil || len(w.words) == 0 {
		return ""
	}
	var room [usualLetters]letter
	letters := folded(room[:0], text)
	at := int32(0)
	for i, l := range letters {
		at = w.step(at, l.r)
		for n := at; n != 0; n = w.nodes[n].from {
			found := w.nodes[n]
			if found.word >= 0 && (!found.mark || w.anywhere || alone(letters, i-found.size+1, i)) {
				return w.words[found.word]
			}
		}
	}
	return ""
}

// Len is the number of words.
func (w *Words) Len() int { return len(w.words) }

// letter is a character that counts, and whether something that does not stood
// before it.
type letter struct {
	r     rune
	apart bool
}

// alone reports whether letters[from:to+1] do not go on as a Latin word on
// either side.
func alone(letters []letter, from, to int) bool {
	before := from == 0 || letters[from].apart || !latin(letters[from-1].r)
	after := to == len(letters)-1 || letters[to+1].apart || !latin(letters[to+1].r)
	return before && after
}

func latin(r rune) bool { return r < utf8.RuneSelf }

// usualLetters have room without an allocation.
const usualLetters = 128

// folded appends a text's letters and digits, half-width and in lower case.
func folded(letters []letter, text string) []letter {
	apart := true
	for _, r := range text {
		if r >= 0xFF01 && r <= 0xFF5E {
			r -= 0xFEE0
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			apart = apart || !invisible(r)
			continue
		}
		letters = append(letters, letter{unicode.ToLower(r), apart})
		apart = false
	}
	return letters
}

func invisible(r rune) bool {
	return r >= 0x200B && r <= 0x200F || r == 0xFEFF || r >= 0xFE00 && r <= 0xFE0F || r == 0xAD
}
