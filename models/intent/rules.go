package intent

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
)

// Limits of a file of rules, so that applying it takes bounded time.
const (
	MaxRules     = 500
	maxWords     = 100 // of one rule
	maxPattern   = 500 // bytes
	maxRulesFile = 1 << 20
)

// Rules name what no model was trained for: promotions, new topics. They
// decide what a text is about, never its act or its evidence. Rules are immutable and safe for concurrent use.
type Rules struct {
	rules  []rule
	topics map[string]Intent // those of the taxonomy and of the file
}

// rule matches a text that has all of All, one of Any and none of None as
// words or parts of words, and that Pattern matches, as far as they are given.
type rule struct {
	Topic   string   `json:"topic"`
	Any     []string `json:"any"`
	All     []string `json:"all"`
	None    []string `json:"none"`
	Pattern string   `json:"pattern"` // RE2, on the text in lower case and half-width

	pattern *regexp.Regexp
}

// ParseRules reads a file of rules: {"topics": [an intent as in the taxonomy,
// ...], "rules": [...]}. It reports every problem at once; nothing at all is
// no rules.
func ParseRules(raw []byte) (*Rules, error) {
	if len(raw) > maxRulesFile {
		return nil, fmt.Errorf("read rules: %d bytes, at most %d are taken", len(raw), maxRulesFile)
	}
	var file struct {
		Topics []Intent `json:"topics"`
		Rules  []rule   `json:"rules"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &file, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("read rules: %w", err)
		}
	}
	r := &Rules{rules: file.Rules}
	problems := r.addTopics(file.Topics)
	if n := len(r.rules); n > MaxRules {
		problems = append(problems, fmt.Errorf("rules: %d, at most %d are taken", n, MaxRules))
	}
	for i := range r.rules {
		if err := r.prepare(&r.rules[i]); err != nil {
			problems = append(problems, fmt.Errorf("rules[%d]: %w", i, err))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return r, nil
}

// addTopics takes the file's topics beside those of the taxonomy.
func (r *Rules) addTopics(topics []Intent) (problems []error) {
	t := taxonomy()
	r.topics = maps.Clone(t.byID)
	for i := range topics {
		in := &topics[i]
		in.Path = append(in.Path, in.ID)
		if _, taken := r.topics[in.ID]; taken {
			problems = append(problems, fmt.Errorf("topics[%d]: %q is taken: choose another id", i, in.ID))
			continue
		}
		if err := t.check(in); err != nil {
			problems = append(problems, fmt.Errorf("topics[%d]: %w", i, err))
		}
		r.topics[in.ID] = *in
	}
	return problems
}

// prepare checks a rule and brings its words to the form of plain texts.
func (r *Rules) prepare(u *rule) error {
	if _, known := r.topics[u.Topic]; !known {
		return fmt.Errorf("topic %q is neither in the taxonomy nor among this file's topics", u.Topic)
	}
	if len(u.Any)+len(u.All) == 0 && u.Pattern == "" {
		return errors.New("needs words in any or all, or a pattern: it would match every text")
	}
	for _, words := range [][]string{u.Any, u.All, u.None} {
		if len(words) > maxWords {
			return fmt.Errorf("%d words, at most %d are taken", len(words), maxWords)
		}
		for i, word := range words {
			if words[i] = plain(word); strings.TrimSpace(words[i]) == "" {
				return fmt.Errorf("word %q is empty", word)
			}
		}
	}
	if len(u.Pattern) > maxPattern {
		return fmt.Errorf("pattern: %d bytes, at most %d are taken", len(u.Pattern), maxPattern)
	}
	var err error
	if u.pattern, err = regexp.Compile(u.Pattern); err != nil {
		return fmt.Errorf("pattern: %w", err)
	}
	return nil
}

// Len is the number of rules.
func (r *Rules) Len() int { return len(r.rules) }

// Label names an intent of these rules or of the taxonomy, as LabelOf does.
func (r *Rules) Label(id string) Label {
	if in, ok := r.topics[id]; ok {
		return in.Label
	}
	return LabelOf(id)
}

// Apply gives the scored text the topic of the first rule that matches.
func (r *Rules) Apply(text string, s *Scored) {
	if len(r.rules) == 0 {
		return
	}
	text = plain(text)
	for i := range r.rules {
		if u := &r.rules[i]; u.matches(text) {
			s.Intent, s.IntentPath, s.IntentConfidence = u.Topic, r.topics[u.Topic].Path, 1
			return
		}
	}
}

func (u *rule) matches(text string) bool {
	in := func(word string) bool { return strings.Contains(text, word) }
	out := func(word string) bool { return !in(word) }
	return (len(u.Any) == 0 || slices.ContainsFunc(u.Any, in)) && !slices.ContainsFunc(u.All, out) &&
		!slices.ContainsFunc(u.None, in) && u.pattern.MatchString(text)
}

// plain is the text as rules see it: its first 512 characters, half-width, in
// lower case.
func plain(text string) string {
	var b strings.Builder
	for n := 0; text != "" && n < maxRunes; n++ {
		r, width := utf8.DecodeRuneInString(text)
		text = text[width:]
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFEE0
		case r == 0x3000:
			r = ' '
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
