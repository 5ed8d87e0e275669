package dialogue

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"askbuy/models/intent"
)

// Limits of a file of rules, so that applying it takes bounded time.
const (
	maxRulesFile = 1 << 20 // bytes
	maxRules     = 500
	maxWords     = 100  // of one rule
	maxAnswer    = 1000 // characters
)

// Rules are the answers and texts that an operator wrote. They are immutable
// and safe for concurrent use; nil is the shipped texts and no rule.
type Rules struct {
	rules []rule
	texts map[string]Text
}

// rule answers a text that has one of the intents, one of Any, all of All and
// none of None, as far as they are given.
type rule struct {
	ID      string   `json:"id"`
	Shops   []string `json:"shops"` // none: every shop
	Intents []string `json:"intents"`
	Any     []string `json:"any"`
	All     []string `json:"all"`
	None    []string `json:"none"`
	Answer  answer   `json:"answer"`
}

type answer Text

func (a answer) in(english bool) string { return pick(english, Text(a)) }

// ParseRules reads a file of rules: {"rules": [...], "texts": {name: {"zh",
// "en"}}}. It reports every problem at once; nothing at all is no rules.
func ParseRules(raw []byte) (*Rules, error) {
	if len(raw) > maxRulesFile {
		return nil, fmt.Errorf("read reply rules: %d bytes, at most %d are taken", len(raw), maxRulesFile)
	}
	var file struct {
		Rules []rule          `json:"rules"`
		Texts map[string]Text `json:"texts"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &file, json.RejectUnknownMembers(true)); err != nil {
			return nil, fmt.Errorf("read reply rules: %w", err)
		}
	}
	var problems []error
	if n := len(file.Rules); n > maxRules {
		problems = append(problems, fmt.Errorf("rules: %d, at most %d are taken", n, maxRules))
	}
	for i := range file.Rules {
		if err := file.Rules[i].prepare(); err != nil {
			problems = append(problems, fmt.Errorf("rules[%d]: %w", i, err))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(file.Texts)) {
		if err := checkText(name, file.Texts[name]); err != nil {
			problems = append(problems, err)
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("read reply rules: %w", err)
	}
	return &Rules{file.Rules, file.Texts}, nil
}

func checkText(name string, t Text) error {
	if _, known := shippedTexts[name]; !known {
		return fmt.Errorf("texts.%s: unknown: use some of %v", name, slices.Sorted(maps.Keys(shippedTexts)))
	}
	if t.Chinese == "" || t.English == "" {
		return fmt.Errorf("texts.%s: needs zh and en", name)
	}
	return nil
}

// prepare checks a rule and brings its words to lower case.
func (r *rule) prepare() error {
	var problems []error
	wrong := func(rule string, args ...any) { problems = append(problems, fmt.Errorf(rule, args...)) }
	if r.ID == "" {
		wrong("id: is empty: name the rule")
	}
	if len(r.Intents)+len(r.Any)+len(r.All) == 0 {
		wrong("needs intents, any or all: it would match every text")
	}
	for _, id := range r.Intents {
		if pathOf(id) == nil {
			wrong("intents: %q is not in the taxonomy", id)
		}
	}
	for _, words := range [][]string{r.Any, r.All, r.None} {
		if len(words) > maxWords {
			wrong("%d words, at most %d are taken", len(words), maxWords)
		}
		for i, word := range words {
			if words[i] = strings.ToLower(strings.TrimSpace(word)); words[i] == "" {
				wrong("a word is empty")
			}
		}
	}
	for _, text := range []string{r.Answer.Chinese, r.Answer.English} {
		if n := utf8.RuneCountInString(text); n == 0 || n > maxAnswer {
			wrong("answer: needs zh and en of 1 to %d characters", maxAnswer)
			break
		}
	}
	return errors.Join(problems...)
}

// match is the first rule of a shop that a text fits, or nil.
func (r *Rules) match(shop, text string, s intent.Scored) *rule {
	if r == nil || len(r.rules) == 0 {
		return nil
	}
	text = lower(text)
	for i := range r.rules {
		if u := &r.rules[i]; (len(u.Shops) == 0 || slices.Contains(u.Shops, shop)) && u.fits(text, s) {
			return u
		}
	}
	return nil
}

func (r *rule) fits(text string, s intent.Scored) bool {
	in := func(word string) bool { return strings.Contains(text, word) }
	out := func(word string) bool { return !in(word) }
	return (len(r.Intents) == 0 || slices.Contains(r.Intents, s.Intent)) &&
		(len(r.Any) == 0 || slices.ContainsFunc(r.Any, in)) &&
		!slices.ContainsFunc(r.All, out) && !slices.ContainsFunc(r.None, in)
}

// confidence is the intent's where the rule goes by intents, else 1.
func (r *rule) confidence(s intent.Scored) float64 {
	if len(r.Intents) > 0 && len(r.Any)+len(r.All) == 0 {
		return s.IntentConfidence
	}
	return 1
}

func (r *Rules) text(name string) Text {
	if r.has(name) {
		return r.texts[name]
	}
	return shippedTexts[name]
}

// has reports whether the operator wrote this text.
func (r *Rules) has(name string) bool {
	return r != nil && r.texts[name] != Text{}
}

// Len is the number of rules.
func (r *Rules) Len() int {
	if r == nil {
		return 0
	}
	return len(r.rules)
}
