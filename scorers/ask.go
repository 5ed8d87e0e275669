package scorers

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"askbuy/schemas/event"
)

// newClient follows no redirect and keeps connections for so many requests.
func newClient(concurrency int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost, transport.MaxConnsPerHost = concurrency, concurrency
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// ask asks about one batch and gives an opinion on every message of it, or
// none at all while the breaker is open.
func (s *Scorer) ask(ctx context.Context, batch []*question) []*event.SecondOpinion {
	if !s.breaker.TryAcquirePermit() {
		for range batch {
			s.metrics.skip(skipOpen)
		}
		return nil
	}
	began := s.deps.Now()
	scores, outcome, err := s.call(ctx, batch)
	took := s.deps.Now().Sub(began)
	s.metrics.seconds.Observe(took.Seconds())
	if ctx.Err() != nil { // told to stop: no opinion of the scorer's
		s.breaker.RecordSuccess()
		return nil
	}
	if outcome == event.OpinionScored {
		s.breaker.RecordSuccess()
	} else {
		s.breaker.RecordFailure()
		s.deps.Log.Warn("a scorer gave no opinion", "scorer", s.config.Name, "outcome", outcome, "messages", len(batch), "err", err)
	}
	return s.opinions(batch, scores, outcome, took)
}

func (s *Scorer) opinions(batch []*question, scores map[string]wireScore, outcome event.OpinionOutcome, took time.Duration) []*event.SecondOpinion {
	opinions := make([]*event.SecondOpinion, len(batch))
	for i, q := range batch {
		o := q.opinion
		o.Scorer, o.Outcome, o.LatencyMS = s.config.Name, outcome, float64(took.Microseconds())/1000
		if said, has := scores[q.id]; has {
			o.Score, o.Label = said.Score, said.Label
		}
		opinions[i] = &o
	}
	return opinions
}

// call sends one request within its time.
func (s *Scorer) call(ctx context.Context, batch []*question) (map[string]wireScore, event.OpinionOutcome, error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	body, err := encode(batch)
	if err != nil {
		return nil, event.OpinionRefused, fmt.Errorf("encode request: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.config.URL, bytes.NewReader(body))
	if err != nil {
		return nil, event.OpinionRefused, fmt.Errorf("make request: %w", err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := s.deps.Client.Do(request)
	if err != nil {
		return nil, unanswered(err), err
	}
	defer response.Body.Close()
	if outcome := ofStatus(response.StatusCode); outcome != "" {
		return nil, outcome, fmt.Errorf("answered %s", response.Status)
	}
	answer, err := io.ReadAll(io.LimitReader(response.Body, int64(answerBytes*(1+len(batch))+1)))
	if err != nil {
		return nil, unanswered(err), fmt.Errorf("read answer: %w", err)
	}
	scores, err := decode(answer, batch)
	if err != nil {
		return nil, event.OpinionMalformed, err
	}
	return scores, event.OpinionScored, nil
}

func unanswered(err error) event.OpinionOutcome {
	if errors.Is(err, context.DeadlineExceeded) {
		return event.OpinionTimeout
	}
	return event.OpinionUnavailable
}

// ofStatus is "" when the answer may be read.
func ofStatus(code int) event.OpinionOutcome {
	switch {
	case code == http.StatusOK:
		return ""
	case code == http.StatusTooManyRequests || code >= 500:
		return event.OpinionUnavailable
	}
	return event.OpinionRefused
}
