package train

import (
	"math/rand/v2"
	"strings"
	"unicode"
)

// speaker says sentences of a grammar as people type: with a call before,
// something after, and slips.
type speaker struct {
	grammar *grammar
	rand    *rand.Rand
	b       strings.Builder
}

// say is one message of the act with this number.
func (s *speaker) say(topic int) string {
	name := s.grammar.topics[topic]
	s.b.Reset()
	if s.chance(.2) {
		s.slot("call")
	}
	s.surround(name)
	if s.chance(.25) {
		s.slot("tail")
	}
	text := s.b.String()
	if s.chance(.06) {
		text = s.replace(text, borrowed, .7)
	}
	if s.chance(.35) {
		text = s.replace(text, loose, .5)
	}
	return s.slip(text)
}

// surround writes a pattern, now and then two, and sometimes what is beside
// the point: who it is for, where they saw it. That goes with every act, so it
// tells of none.
func (s *speaker) surround(name string) {
	core := s.pattern(name)
	beside := s.rand.Float64()
	if beside < .1 {
		s.slot(asideOf(core))
		s.b.WriteString(s.pause())
	}
	s.b.WriteString(core)
	if s.chance(.08) { // two ways to say it
		s.b.WriteString(s.pause())
		s.b.WriteString(s.pattern(name))
	}
	if beside > .95 {
		s.b.WriteString(s.pause())
		s.slot(asideOf(core))
	}
}

// pattern is one sentence of the act.
func (s *speaker) pattern(name string) string {
	var b strings.Builder
	s.grammar.write(&b, s.grammar.pick(name, s.rand), s.rand)
	return b.String()
}

// asideOf names the slot of what may be said beside the point, in the text's
// language.
func asideOf(text string) string {
	if strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return "aside"
	}
	return "easide"
}

// pause is what parts two clauses.
func (s *speaker) pause() string { return []string{"，", " ", "。", "！", " ", ""}[s.rand.IntN(6)] }

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
