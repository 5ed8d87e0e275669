// Package llm asks a language model over any endpoint that speaks OpenAI's
// chat completions: llama.cpp on the same machine, a server of one's own, or a
// service.
//
// What must stay true:
//   - a call ends with its context's deadline, whatever the endpoint does, and
//     gives its place back;
//   - no more calls are under way than the bound says, and no more wait than
//     that; who is angry waits in front;
//   - an endpoint that fails is left alone for a while (circuit breaker);
//   - nothing a model says reaches a shopper unchecked (package safety).
package llm

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/prometheus/client_golang/prometheus"
	openai "github.com/sashabaranov/go-openai"
)

// Outcome is what became of a call. The set is closed.
type Outcome string

// The outcomes.
const (
	Answered    Outcome = "answered"
	Timeout     Outcome = "timeout"     // the deadline came first
	Unavailable Outcome = "unavailable" // no connection, 429, 5xx
	Refused     Outcome = "refused"     // any other status: the endpoint wants another request
	Broken      Outcome = "broken"      // the stream ended before the answer did
	Malformed   Outcome = "malformed"   // no chat completion, or an empty one
	Busy        Outcome = "busy"        // all places taken, nothing was asked
	Open        Outcome = "breaker_open"
)

func outcomes() []Outcome {
	return []Outcome{Answered, Timeout, Unavailable, Refused, Broken, Malformed, Busy, Open}
}

// CallError is a call without an answer.
type CallError struct {
	Outcome Outcome
	Err     error
}

func (e *CallError) Error() string {
	if e.Err == nil {
		return "ask the language model: " + string(e.Outcome)
	}
	return fmt.Sprintf("ask the language model: %s: %v", e.Outcome, e.Err)
}

// Unwrap is the cause.
func (e *CallError) Unwrap() error { return e.Err }

// Request is what a model is asked.
type Request struct {
	Instructions string
	Rounds       []Exchange // the oldest first
	Question     string
	Sampling     Sampling
	Urgent       bool // waits in front of those that are not
}

// Exchange is a question and its answer.
type Exchange struct{ Question, Answer string }

// Result is what a model said.
type Result struct {
	Text                           string
	CutOff                         bool  // it would have gone on
	PromptTokens, CompletionTokens int64 // estimated where the endpoint does not say
}

// Client asks one endpoint. It is safe for concurrent use.
type Client struct {
	config  Config
	api     *openai.Client
	gate    *gate
	breaker circuitbreaker.CircuitBreaker[any]
	metrics *metrics
	now     func() time.Time
}

// New makes a client, which asks nothing yet. Log may be nil.
func New(c Config, registerer prometheus.Registerer, log *slog.Logger, now func() time.Time) (*Client, error) {
	c = c.WithDefaults()
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	client := &Client{config: c, gate: newGate(c.Concurrency, c.Waiting), now: now}
	var err error
	if client.metrics, err = newMetrics(registerer, client.gate); err != nil {
		return nil, err
	}
	api := openai.DefaultConfig(c.Key)
	api.BaseURL, api.HTTPClient = c.URL, httpClient(c.Concurrency)
	client.api = openai.NewClientWithConfig(api)
	client.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThresholdRatio(breakerFailures, breakerCalls).WithDelay(c.BreakerDelay).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			log.Warn("the breaker of the language model changes", "from", e.OldState.String(), "to", e.NewState.String())
		}).Build()
	return client, nil
}

// Model is the model's name.
func (c *Client) Model() string { return c.config.Model }

// Complete asks. Heard, unless nil, is called with all that was said so far
// whenever there is more; when it returns false the rest is not waited for, and
// what was said is the answer. An error is a *CallError; with it comes what was
// said until then.
func (c *Client) Complete(ctx context.Context, r Request, heard func(sofar string) (more bool)) (Result, error) {
	result, err := c.complete(ctx, r, heard)
	var failed *CallError
	outcome := Answered
	if errors.As(err, &failed) {
		outcome = failed.Outcome
	}
	c.metrics.count(outcome, result)
	return result, err
}

func (c *Client) complete(ctx context.Context, r Request, heard func(string) bool) (Result, error) {
	had := left(ctx)
	if err := c.gate.enter(ctx, r.Urgent); err != nil {
		return Result{}, &CallError{Busy, err}
	}
	defer c.gate.leave()
	if !c.breaker.TryAcquirePermit() {
		return Result{}, &CallError{Open, nil}
	}
	began, has := c.now(), left(ctx)
	result, err := c.stream(ctx, r, heard)
	c.metrics.seconds.Observe(c.now().Sub(began).Seconds())
	switch {
	case err == nil, errors.Is(context.Cause(ctx), context.Canceled): // who asked has gone: no fault of the model's
		c.breaker.RecordSuccess()
	case has < had/2 && errors.Is(ctx.Err(), context.DeadlineExceeded) && c.breaker.IsClosed():
		// The time was spent on waiting for a place, which says nothing of the model.
	default:
		c.breaker.RecordFailure()
	}
	return result, err
}

// left is how much of a context's time is left.
func left(ctx context.Context) time.Duration {
	if deadline, has := ctx.Deadline(); has {
		return time.Until(deadline)
	}
	return 0
}

// answerBytes bounds what is read of one answer.
const answerBytes = 1 << 20

// httpClient keeps connections for so many calls, follows no redirect, and
// reads no more of an answer than its bound.
func httpClient(concurrency int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = concurrency, concurrency
	return &http.Client{
		Transport:     bounded{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
