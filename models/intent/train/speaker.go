package train

import (
	"math/rand/v2"
	"strings"
)

// speaker says sentences of a grammar as people type: with a call before,
// something after, and slips.
type speaker struct {
	grammar *grammar
	rand    *rand.Rand
	b       strings.Builder
}

// say is one message of the intent with this number.
func (s *speaker) say(topic int) string {
	name := s.grammar.topics[topic]
	s.b.Reset()
	if s.chance(.15) {
		s.slot("call")
	}
	templates := s.grammar.templates[name]
	s.grammar.write(&s.b, templates[s.rand.IntN(len(templates))], s.rand)
	if s.chance(.25) {
		s.slot("tail")
	}
	return s.slip(s.b.String())
}

func (s *speaker) slot(name string) {
	values := s.grammar.slots[name]
	s.grammar.write(&s.b, values[s.rand.IntN(len(values))], s.rand)
}

// slip drops a character now and then, or swaps two.
func (s *speaker) slip(text string) string {
	runes := []rune(text)
	if len(runes) < 5 {
		return text
	}
	if s.chance(.04) {
		i := s.rand.IntN(len(runes))
		runes = append(runes[:i], runes[i+1:]...)
	}
	if s.chance(.02) {
		i := s.rand.IntN(len(runes) - 1)
		runes[i], runes[i+1] = runes[i+1], runes[i]
	}
	return string(runes)
}

func (s *speaker) chance(p float64) bool { return s.rand.Float64() < p }
