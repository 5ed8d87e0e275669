package pipeline

import (
	"context"
	"errors"
	"strings"
	"time"

	"askbuy/models/faq"
	"askbuy/reply"
	"askbuy/reply/dialogue"
	"askbuy/reply/handoffs"
	"askbuy/reply/knowledge"
	"askbuy/reply/llm"
	"askbuy/reply/safety"
	"askbuy/reply/shop"
	"askbuy/reply/turn"
)

// ReplyLLM is the language model that answers what nothing before it could.
type ReplyLLM struct {
	URL             string        `koanf:"url"` // of an OpenAI-compatible API; "": none
	Key             string        `koanf:"key"`
	Model           string        `koanf:"model"`
	Concurrency     int           `koanf:"concurrency"`
	Waiting         int           `koanf:"waiting"`
	MaxTokens       int           `koanf:"max_tokens"`
	ContextTokens   int           `koanf:"context_tokens"`
	PromptPrice     float64       `koanf:"prompt_price"`     // of a million tokens
	CompletionPrice float64       `koanf:"completion_price"` // likewise
	Currency        string        `koanf:"currency"`
	BreakerDelay    time.Duration `koanf:"breaker_delay"`
}

func (r ReplyLLM) config() llm.Config { return llm.Config(r) }

// prefixed puts the place of a part's settings before each of its problems.
func prefixed(place string, err error) error {
	var problems []error
	for line := range strings.Lines(err.Error()) {
		problems = append(problems, errors.New(place+strings.TrimSuffix(line, "\n")))
	}
	return errors.Join(problems...)
}

// llmBudget is what the model may take of a turn's time: what is left is for
// the question that is asked back and for the records.
const llmBudget = 950 * time.Millisecond

// llmRung is the model as a step, if one is configured.
func llmRung(w wiring, guard *safety.Guard, refuse func(safety.Reason), set *knowledge.Set, provider shop.Provider) ([]reply.Rung, error) {
	config := w.config.Reply.LLM.config()
	if config.URL == "" {
		return nil, nil
	}
	client, err := llm.New(config, w.registry, w.log, time.Now)
	if err != nil {
		return nil, err
	}
	step := &llm.Step{
		Client: client, Guard: guard, Refuse: refuse, Known: knownTo(set, provider),
		Context: func(ctx context.Context, t *turn.Turn) []turn.Round { return dialogue.Context(ctx, w.models, t) },
	}
	others := func(t *turn.Turn) bool { return !handoffs.Asks(t) } // who asks for a person is told that one comes
	return []reply.Rung{{Step: step, Budget: llmBudget, LLM: true, Only: others}}, nil
}

// A model may say what these entries of the FAQ say, near as they are and not
// near enough to answer by themselves.
const (
	entriesToldOf = 3
	leastNear     = 0.3
)

// knownTo is what a model may say: what the shop says of what the turn names,
// the offers that run, and the nearest entries of the FAQ.
func knownTo(set *knowledge.Set, provider shop.Provider) func(context.Context, *turn.Turn) llm.Known {
	return func(ctx context.Context, t *turn.Turn) (known llm.Known) {
		ctx, cancel := context.WithTimeout(ctx, shopBudget)
		defer cancel()
		known.Facts, known.Own = shop.Facts(ctx, provider, t)
		told := 0
		for _, m := range set.Nearest(t.ShopID, t.Text, 2*entriesToldOf) {
			if m.Score >= leastNear && speaks(m.Entry, t.Language) && told < entriesToldOf {
				told++
				known.Facts = append(known.Facts, m.Question+" "+m.Entry.Answer)
			}
		}
		return known
	}
}

func speaks(e *faq.Entry, language string) bool { return e.Language == "" || e.Language == language }
