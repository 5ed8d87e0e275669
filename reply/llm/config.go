package llm

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// Config is what is configured of the model. A zero is its default.
type Config struct {
	URL   string // of the API, with its version, such as http://127.0.0.1:8000/v1
	Key   string // "": none is sent
	Model string

	Concurrency   int // calls at once; 8
	Waiting       int // calls that may wait for a place; 64
	MaxTokens     int // of an answer; 128
	ContextTokens int // of question and answer together; 2048

	// Prices of a million tokens, in Currency; 0.03 yuan a conversation is the
	// goal.
	PromptPrice, CompletionPrice float64
	Currency                     string // CNY

	BreakerDelay time.Duration // for how long an open breaker asks nothing; 5 s
}

// The breaker opens when so many of the last calls failed.
const breakerFailures, breakerCalls = 5, 10

// WithDefaults fills in what is zero.
func (c Config) WithDefaults() Config {
	c.Concurrency = cmp.Or(c.Concurrency, 8)
	c.Waiting = cmp.Or(c.Waiting, 64)
	c.MaxTokens = cmp.Or(c.MaxTokens, 128)
	c.ContextTokens = cmp.Or(c.ContextTokens, 2048)
	c.Currency = cmp.Or(c.Currency, "CNY")
	c.BreakerDelay = cmp.Or(c.BreakerDelay, 5*time.Second)
	return c
}

// Validate reports every problem at once, each with its field and rule.
func (c Config) Validate() error {
	var problems []error
	wrong := func(field, rule string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: %s", field, fmt.Sprintf(rule, args...)))
	}
	if u, err := url.Parse(c.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		wrong("url", "want the base of an OpenAI-compatible API, such as http://127.0.0.1:8000/v1 (docs/reply.md)")
	}
	if c.Model == "" {
		wrong("model", "is empty: name a model that the endpoint has")
	}
	for _, number := range []struct {
		field      string
		value      int
		least, max int
	}{
		{"concurrency", c.Concurrency, 1, 256}, {"waiting", c.Waiting, 1, 10_000},
		{"max_tokens", c.MaxTokens, 16, 1024}, {"context_tokens", c.ContextTokens, 512, 1 << 20},
	} {
		if number.value < number.least || number.value > number.max {
			wrong(number.field, "%d: want %d to %d", number.value, number.least, number.max)
		}
	}
	if c.ContextTokens < 2*c.MaxTokens {
		wrong("context_tokens", "%d: want at least twice max_tokens (%d), or nothing is left for the question", c.ContextTokens, c.MaxTokens)
	}
	if c.PromptPrice < 0 || c.CompletionPrice < 0 {
		wrong("prompt_price and completion_price", "must not be negative: write what a million tokens cost")
	}
	if len(c.Currency) != 3 {
		wrong("currency", "%q: write three letters, such as CNY", c.Currency)
	}
	return errors.Join(problems...)
}

// costMicros is what tokens cost, in millionths of the currency: a price of a
// million tokens is a price in millionths of one.
func (c Config) costMicros(r Result) int64 {
	return int64(float64(r.PromptTokens)*c.PromptPrice + float64(r.CompletionTokens)*c.CompletionPrice + 0.5)
}

// Sampling is how freely a model speaks.
type Sampling struct{ Temperature, TopP float32 }

// SamplingFor is that of a kind of shopper: careful with new ones, freer with
// those who know the shop.
func SamplingFor(kind string) Sampling {
	switch kind {
	case "new":
		return Sampling{.3, .9}
	case "vip":
		return Sampling{.7, .95}
	}
	return Sampling{.5, .9}
}
