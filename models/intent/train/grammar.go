package train

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"strings"
)

//go:embed grammar/*.txt
var grammarFiles embed.FS

// grammarOrder is the order of the files: slots come before their use.
var grammarOrder = []string{"slots", "talk", "product", "price", "buy", "after", "chat", "spoken", "aside"}

// grammarText is all of the grammar.
func grammarText() string {
	var b strings.Builder
	for _, name := range grammarOrder {
		text, err := grammarFiles.ReadFile("grammar/" + name + ".txt")
		if err != nil {
			panic(err) // the files are in the program
		}
		b.Write(text)
		b.WriteByte('\n')
	}
	return b.String()
}

// grammar makes sentences: of each act, some families of templates.
type grammar struct {
	slots  map[string][]node
	topics []string // in the order of the files
	of     map[string][]family
}

// node is a piece of a template.
type node struct {
	text     string // as it is
	slot     string // one of a slot's values
	choices  []node // one of these
	sequence []node // all of these
	optional bool   // or nothing, half of the time
}

// grammarID names the sentences that a model learned from.
func grammarID() string {
	sum := sha256.Sum256([]byte(grammarText()))
	return hex.EncodeToString(sum[:])
}

// parseGrammar reads the format that slots.txt explains.
func parseGrammar(text string) (*grammar, error) {
	g := &grammar{slots: map[string][]node{}, of: map[string][]family{}}
	topic := ""
	for i, line := range strings.Split(text, "\n") {
		var err error
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '@':
			name, values, _ := strings.Cut(line[1:], " ")
			var n node
			if n, _, err = parseChoices(values + ")"); err == nil {
				g.slots[name] = n.choices
			}
		case line[0] == '[' && strings.HasSuffix(line, "]"):
			topic = line[1 : len(line)-1]
			if g.of[topic] == nil { // an act may go on in another file
				g.topics = append(g.topics, topic)
			}
		default:
			err = g.parseLine(topic, line)
		}
		if err != nil {
			return nil, fmt.Errorf("read grammar: line %d: %w", i+1, err)
		}
	}
	return g, nil
}

// parseLine reads the patterns of one line, parted by bars.
func (g *grammar) parseLine(topic, line string) error {
	for _, pattern := range splitBars(line) {
		n, err := parse(pattern)
		if err == nil {
			err = g.known(n)
		}
		if err != nil {
			return err
		}
		g.of[topic] = append(g.of[topic], n.family())
	}
	return nil
}

// splitBars parts a line at the bars outside of parentheses.
func splitBars(line string) (parts []string) {
	depth, start := 0, 0
	for i, c := range line {
		switch c {
		case '(':
			depth++
		case ')':
			depth--
		case '|':
			if depth == 0 {
				parts = append(parts, strings.TrimSpace(line[start:i]))
				start = i + 1
			}
		}
	}
	return append(parts, strings.TrimSpace(line[start:]))
}

// known refuses a node that names a slot before it was defined.
func (g *grammar) known(n node) error {
	if _, ok := g.slots[n.slot]; n.slot != "" && !ok {
		return fmt.Errorf("unknown slot %q", n.slot)
	}
	for _, inner := range append(n.choices[:len(n.choices):len(n.choices)], n.sequence...) {
		if err := g.known(inner); err != nil {
			return err
		}
	}
	return nil
}

// parse reads one template.
func parse(s string) (node, error) {
	n, rest, err := parseSequence(s)
	if err == nil && rest != "" {
		err = fmt.Errorf("%q: unexpected %q", s, rest)
	}
	return n, err
}

// parseSequence reads up to the end, a bar or a closing parenthesis.
func parseSequence(s string) (seq node, rest string, err error) {
	for s != "" && s[0] != '|' && s[0] != ')' {
		var n node
		switch s[0] {
		case '(':
			n, s, err = parseChoices(s[1:])
		case '{':
			name, after, ok := strings.Cut(s[1:], "}")
			if !ok {
				err = fmt.Errorf("%q: no closing brace", s)
			}
			n, s = node{slot: name}, after
		default:
			end := strings.IndexAny(s, "({|)")
			if end < 0 {
				end = len(s)
			}
			n, s = node{text: s[:end]}, s[end:]
		}
		if err != nil {
			return node{}, "", err
		}
		if n.text == "" && strings.HasPrefix(s, "?") {
			n.optional, s = true, s[1:]
		}
		seq.sequence = append(seq.sequence, n)
	}
	return seq, s, nil
}

// parseChoices reads what follows an opening parenthesis.
func parseChoices(s string) (n node, rest string, err error) {
	for {
		var choice node
		choice, s, err = parseSequence(s)
		if err != nil {
			return node{}, "", err
		}
		n.choices = append(n.choices, choice)
		if s == "" {
			return node{}, "", fmt.Errorf("no closing parenthesis")
		}
		closed := s[0] == ')'
		s = s[1:]
		if closed {
			return n, s, nil
		}
	}
}

// write appends one sentence of the template.
func (g *grammar) write(b *strings.Builder, n node, r *rand.Rand) {
	if n.optional && r.IntN(2) == 0 {
		return
	}
	b.WriteString(n.text)
	for _, inner := range n.sequence {
		g.write(b, inner, r)
	}
	if n.slot != "" {
		n.choices = g.slots[n.slot]
	}
	if len(n.choices) > 0 {
		g.write(b, n.choices[r.IntN(len(n.choices))], r)
	}
}
