package llm

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"askbuy/reply/llm/llmtest"
)

// The suite that any endpoint must pass: with ASKBUY_TEST_LLM_URL (and
// ASKBUY_TEST_LLM_MODEL, ASKBUY_TEST_LLM_KEY) a real one.
func TestEndpoint(t *testing.T) {
	url, model, key, _ := endpoint(t)
	c := open(t, Config{URL: url, Model: model, Key: key})
	for language, question := range map[string]string{"zh": "能开发票吗", "en": "Can I get an invoice?"} {
		request := Request{
			Instructions: instructions(language, "", "new", []string{"发票在订单页申请 invoices: order page"}),
			Rounds:       []Exchange{{"你好", "您好"}}, Question: question, Sampling: SamplingFor("new"),
		}
		t.Run(language, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var parts []string
			got, err := c.Complete(ctx, request, func(sofar string) bool { parts = append(parts, sofar); return true })
			if err != nil || strings.TrimSpace(got.Text) == "" {
				t.Fatalf("%+v, %v", got, err)
			}
			if got.PromptTokens <= 0 || got.CompletionTokens <= 0 || got.CompletionTokens > 128 {
				t.Errorf("tokens %d and %d", got.PromptTokens, got.CompletionTokens)
			}
			if len(parts) == 0 || parts[len(parts)-1] != got.Text {
				t.Errorf("heard %q of %q", parts, got.Text)
			}
			again, err := c.Complete(ctx, request, func(string) bool { return false })
			if err != nil || !again.CutOff || again.Text == "" {
				t.Errorf("broken off after the first part: %+v, %v", again, err)
			}
		})
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	if _, err := c.Complete(ctx, Request{Instructions: "a", Question: "b"}, nil); outcomeOf(err) != Timeout && outcomeOf(err) != Busy {
		t.Errorf("no time: %v", err)
	}
}

func outcomeOf(err error) Outcome {
	var failed *CallError
	if errors.As(err, &failed) {
		return failed.Outcome
	}
	return Answered
}

// Whatever an endpoint does, a call ends with its deadline and says what was
// wrong.
func TestFaults(t *testing.T) {
	address := llmtest.Start(t)
	f := func(model string, want Outcome, said string) {
		t.Helper()
		budget := time.Minute
		if want == Timeout {
			budget = 50 * time.Millisecond // it would last for ever
		}
		ctx, cancel := context.WithTimeout(t.Context(), budget)
		defer cancel()
		got, err := open(t, Config{URL: address + "/v1", Model: model}).Complete(ctx, Request{Instructions: "客服", Question: "能开发票吗"}, nil)
		if outcomeOf(err) != want || got.Text != said {
			t.Errorf("%s: %q, %v; want %s and %q", model, got.Text, err, want, said)
		}
	}
	whole, half := "可以在订单页申请开票哦。还有问题随时问。", "可以在订单页申请开票哦。"
	f("good", Answered, whole)
	f("good-silent", Answered, whole)
	f("slow:1", Answered, whole)
	f("echo", Answered, "能开发票吗")
	f("stall", Timeout, "")
	f("stall-midway", Timeout, half)
	f("cut", Broken, half)
	f("end", Broken, half)
	f("rubbish", Broken, "")
	f("garbage", Malformed, "")
	f("empty", Malformed, "")
	f("tools", Malformed, whole)
	f("endless", Broken, "")
	f("error", Unavailable, "")
	f("busy", Unavailable, "")
	f("refuse", Refused, "")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := open(t, Config{URL: "http://127.0.0.1:1/v1", Model: "m"}).Complete(ctx, Request{Question: "a"}, nil); outcomeOf(err) != Unavailable {
		t.Errorf("nobody listens: %v", err)
	}
}

// Calls that hang do not hold more places than there are, and give them back.
func TestBound(t *testing.T) {
	address := llmtest.Start(t)
	c := open(t, Config{URL: address + "/v1", Model: "stall", Concurrency: 3, Waiting: 5, BreakerDelay: time.Nanosecond})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var calls sync.WaitGroup
	var mu sync.Mutex
	count := map[Outcome]int{}
	for range 40 {
		calls.Go(func() {
			_, err := c.Complete(ctx, Request{Question: "a"}, nil)
			mu.Lock()
			defer mu.Unlock()
			count[outcomeOf(err)]++
		})
	}
	calls.Wait()
	var stats llmtest.Stats
	fetch(t, address+"/stats", &stats)
	if stats.Most > 3 || count[Timeout] > 3 || count[Timeout]+count[Busy]+count[Unavailable] != 40 {
		t.Errorf("%d at once, outcomes %v", stats.Most, count)
	}
	if c.gate.free != 3 || c.gate.queued() != 0 {
		t.Errorf("%d places are free, %d wait", c.gate.free, c.gate.queued())
	}
}

func TestBreaker(t *testing.T) {
	address := llmtest.Start(t)
	c := open(t, Config{URL: address + "/v1", Model: "error", BreakerDelay: time.Hour})
	var got []Outcome
	for range 20 {
		_, err := c.Complete(t.Context(), Request{Question: "a"}, nil)
		got = append(got, outcomeOf(err))
	}
	if got[0] != Unavailable || got[19] != Open {
		t.Errorf("outcomes %v", got)
	}
	var stats llmtest.Stats
	fetch(t, address+"/stats", &stats)
	if stats.Total >= 20 || stats.Total < breakerFailures {
		t.Errorf("%d calls of an endpoint that fails", stats.Total)
	}
	// After its delay it tries, and closes when that goes well.
	c = open(t, Config{URL: address + "/v1", Model: "error", BreakerDelay: time.Nanosecond})
	for range 20 {
		_, _ = c.Complete(t.Context(), Request{Question: "a"}, nil)
	}
	c.config.Model = "good"
	if _, err := c.Complete(t.Context(), Request{Question: "a"}, nil); err != nil {
		t.Errorf("an endpoint that is well again: %v", err)
	}
}

// Calls that spent their time on waiting for a place say nothing of the
// endpoint; those that had it and were not answered do.
func TestWaitingForAPlaceIsNoFailure(t *testing.T) {
	address := llmtest.Start(t)
	c := open(t, Config{URL: address + "/v1", Model: "stall", Concurrency: 1, BreakerDelay: time.Hour})
	call := func(waits time.Duration) Outcome {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if waits > 0 {
			if err := c.gate.enter(ctx, false); err != nil {
				t.Fatal(err)
			}
			left := make(chan struct{})
			time.AfterFunc(waits, func() { c.gate.leave(); close(left) })
			defer func() { <-left }()
		}
		_, err := c.Complete(ctx, Request{Question: "a"}, nil)
		return outcomeOf(err)
	}
	for range 2 * breakerCalls {
		if got := call(70 * time.Millisecond); got != Timeout && got != Busy {
			t.Fatalf("after waiting: %s", got)
		}
	}
	if !c.breaker.IsClosed() {
		t.Error("waiting opened the breaker")
	}
	for range breakerCalls {
		call(0)
	}
	if !c.breaker.IsOpen() {
		t.Error("an endpoint that hangs did not open it")
	}
}

// What is asked is what the seeds have: sampling by kind of shopper, 128
// tokens, five rounds in their order.
func TestRequest(t *testing.T) {
	address := llmtest.Start(t)
	c := open(t, Config{URL: address + "/v1", Model: "good", Key: "secret"})
	f := func(kind string, temperature, topP float64) {
		t.Helper()
		request := Request{Instructions: instructions("zh", "angry", kind, []string{"M码有货"}), Question: "那L码呢", Sampling: SamplingFor(kind)}
		for _, q := range []string{"1", "2", "3", "4", "5"} {
			request.Rounds = append(request.Rounds, Exchange{"问" + q, "答" + q})
		}
		if _, err := c.Complete(t.Context(), request, nil); err != nil {
			t.Fatal(err)
		}
		var asked llmtest.Asked
		fetch(t, address+"/last", &asked)
		near := func(a, b float64) bool { return a-b < 1e-6 && b-a < 1e-6 }
		if !near(asked.Temperature, temperature) || !near(asked.TopP, topP) || asked.MaxTokens != 128 || !asked.Options.Usage {
			t.Errorf("%s: asked with %+v", kind, asked)
		}
		var said []string
		for _, m := range asked.Messages {
			said = append(said, m.Role[:1]+m.Content)
		}
		if got := strings.Join(said[1:], " "); got != "u问1 a答1 u问2 a答2 u问3 a答3 u问4 a答4 u问5 a答5 u那L码呢" {
			t.Errorf("messages %s", got)
		}
		for _, part := range []string{"限五十字", "先道歉", "- M码有货"} {
			if !strings.Contains(said[0], part) {
				t.Errorf("the model is not told %q: %s", part, said[0])
			}
		}
	}
	f("new", .3, .9)
	f("vip", .7, .95)
	f("repeat", .5, .9)
	f("", .5, .9)
}

func TestValidate(t *testing.T) {
	f := func(c Config, fields ...string) {
		t.Helper()
		err := c.WithDefaults().Validate()
		for _, field := range fields {
			if err == nil || !strings.Contains(err.Error(), field+":") {
				t.Errorf("%+v: %v, want an error of %s", c, err, field)
			}
		}
		if len(fields) == 0 && err != nil {
			t.Errorf("%+v: %v", c, err)
		}
	}
	f(Config{URL: "http://a/v1", Model: "m"})
	f(Config{}, "url", "model")
	f(Config{URL: "http://a/v1", Model: "m", MaxTokens: 256, ContextTokens: 512})
	f(Config{URL: "http://a/v1", Model: "m", MaxTokens: 257, ContextTokens: 513}, "context_tokens")
	f(Config{URL: "ftp://a", Model: "m", Concurrency: 1000, Waiting: -1, MaxTokens: 1, ContextTokens: 1, PromptPrice: -1, Currency: "yuan"},
		"url", "concurrency", "waiting", "max_tokens", "context_tokens", "prompt_price and completion_price", "currency")
}

func TestCost(t *testing.T) {
	c := Config{PromptPrice: 2, CompletionPrice: 8}
	if got := c.costMicros(Result{PromptTokens: 500, CompletionTokens: 50}); got != 1400 {
		t.Errorf("%d millionths, want 1400: 0.0014 yuan", got)
	}
}
