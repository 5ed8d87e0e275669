package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/schemas/event"
)

// Door is where events are posted again: a running instance's own.
type Door struct {
	URL     string                // http://host:port
	APIKey  string                // of /v1, for all shops
	Sources map[string]DoorSource // by name
	Client  *http.Client
	Sleep   func(ctx context.Context, d time.Duration) error // before it is asked again
}

// DoorAnswer is what POST /v1/events says.
type DoorAnswer struct {
	Accepted  int            `json:"accepted"`
	Duplicate int            `json:"duplicate"`
	Rejected  []DoorRejected `json:"rejected"`
}

// DoorRejected is one event that was not accepted.
type DoorRejected struct {
	Index  int          `json:"index"`
	Reason event.Reason `json:"reason"`
	Detail string       `json:"detail"`
}

// refusedError is an answer other than 200 that says something against the
// request, not against the moment.
type refusedError struct {
	status int
	body   string
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("the door answers %d %s: %s", e.status, http.StatusText(e.status), e.body)
}

// Events posts events: one, an array of them, or NDJSON.
func (d *Door) Events(ctx context.Context, body []byte, ndjson bool) (*DoorAnswer, error) {
	h := http.Header{"Authorization": {"Bearer " + d.APIKey}, "Content-Type": {mediaTypes[ndjson]}}
	said, err := d.post(ctx, "/v1/events", h, body)
	if err != nil {
		return nil, err
	}
	var answer DoorAnswer
	if err := json.Unmarshal(said, &answer); err != nil {
		return nil, fmt.Errorf("read the answer of %s/v1/events: %w", d.URL, err)
	}
	return &answer, nil
}

// hook posts a delivery as the sender of its letter would.
func (d *Door) hook(ctx context.Context, s Step) error {
	h := http.Header{"Content-Type": {mediaTypes[s.ndjson]}}
	if err := d.Sources[s.Letter.Source].sign(h, s.Letter.ShopID, s.body); err != nil {
		return fmt.Errorf("sign for source %s: %w", s.Letter.Source, err)
	}
	_, err := d.post(ctx, s.path, h, s.body)
	return err
}

// tries is how often a door that is overloaded, or cannot store, is asked.
const tries = 10

func (d *Door) post(ctx context.Context, path string, h http.Header, body []byte) ([]byte, error) {
	for n := 1; ; n++ {
		status, after, said, err := d.once(ctx, path, h, body)
		switch {
		case err != nil:
			return nil, fmt.Errorf("post %s%s: %w", d.URL, path, err)
		case status == http.StatusOK:
			return said, nil
		case status == http.StatusUnauthorized:
			return nil, fmt.Errorf("post %s%s: the door does not know this key or secret: give the instance's --config, ASKBUY_API_KEY and COZE_SECRET, or name its directory with --data-dir", d.URL, path)
		case status != http.StatusTooManyRequests && status < http.StatusInternalServerError:
			return nil, &refusedError{status, strings.TrimSpace(string(said))}
		case n == tries:
			return nil, fmt.Errorf("post %s%s: answered %d %d times: see the instance's log, then run this again, which is safe", d.URL, path, status, n)
		}
		if err := d.Sleep(ctx, after); err != nil {
			return nil, err
		}
	}
}

// longestAnswer bounds what is read of an answer: 10,000 rejections, bytes.
const longestAnswer = 8 << 20

func (d *Door) once(ctx context.Context, path string, h http.Header, body []byte) (status int, after time.Duration, said []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, d.URL+path, bytes.NewReader(body))
	if err != nil {
		return 0, 0, nil, err
	}
	r.Header = h
	answer, err := d.Client.Do(r)
	if err != nil {
		return 0, 0, nil, err
	}
	defer answer.Body.Close() //nolint:errcheck // it was read
	after = time.Second
	if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil {
		after = time.Duration(min(max(seconds, 0), 60)) * time.Second
	}
	said, err = io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	return answer.StatusCode, after, said, err
}
