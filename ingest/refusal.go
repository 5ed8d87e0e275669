package ingest

import (
	"net/http"
	"time"

	"askbuy/internal/httpserver"
)

// refusal is why a whole request is turned away; nothing of it was accepted.
type refusal struct {
	status  int
	code    string        // stable, also the metric's label
	message string        // short, for the senders of webhooks
	detail  string        // for the clients of /v1
	after   time.Duration // when to try again; 0: as the door is configured
}

var (
	unauthorized = &refusal{status: http.StatusUnauthorized, code: "unauthorized", message: "invalid token", detail: "want Authorization: Bearer <API key>"}
	forbidden    = &refusal{status: http.StatusForbidden, code: "forbidden_shop", message: "forbidden shop", detail: "the credential is not for this shop"}
	notJSON      = &refusal{status: http.StatusBadRequest, code: "not_json", message: "not json", detail: "the body is neither JSON nor NDJSON, or ended early"}
	tooSlow      = &refusal{status: http.StatusRequestTimeout, code: "too_slow", message: "body too slow", detail: "the body did not arrive in time: send it again"}
	badEncoding  = &refusal{status: http.StatusBadRequest, code: "bad_encoding", message: "bad content encoding", detail: "the body is not what its Content-Encoding says"}
	tooLarge     = &refusal{status: http.StatusRequestEntityTooLarge, code: "too_large", message: "body too large", detail: "the body is too large, also once decompressed: send fewer events at once"}
	tooMany      = &refusal{status: http.StatusRequestEntityTooLarge, code: "too_many_events", message: "too many events", detail: "too many events in one request"}
	unsupported  = &refusal{status: http.StatusUnsupportedMediaType, code: "unsupported_media_type", message: "want application/json", detail: "want application/json or application/x-ndjson, plain or gzip"}
	busy         = &refusal{status: http.StatusTooManyRequests, code: "too_many_requests", message: "too many requests", detail: "too much is being received at once: try again later"}
	limited      = &refusal{status: http.StatusTooManyRequests, code: "rate_limited", message: "rate limited", detail: "more events a second than this sender may send: try again later"}
	unavailable  = &refusal{status: http.StatusServiceUnavailable, code: "unavailable", message: "unavailable", detail: "the events are not known to be durable: send them again, which is safe"}
)

func (r *refusal) later(answer *httpserver.Error, after time.Duration) error {
	if r.status == http.StatusTooManyRequests || r.status == http.StatusServiceUnavailable {
		if r.after > 0 {
			after = r.after
		}
		return answer.Later(after)
	}
	return answer
}

// plain answers a webhook, in the seed's form.
func (h *Handler) plain(source string, r *refusal) error {
	h.metrics.requests.WithLabelValues(source, r.code).Inc()
	return r.later(httpserver.Plain(r.status, r.message), h.Config.RetryAfter)
}

// problem answers a client of /v1.
func (h *Handler) problem(source string, r *refusal) error {
	h.metrics.requests.WithLabelValues(source, r.code).Inc()
	return r.later(httpserver.Problem(r.status, r.code, r.detail), h.Config.RetryAfter)
}

// ok counts a request that was answered 200.
func (h *Handler) ok(source string) { h.metrics.requests.WithLabelValues(source, "ok").Inc() }
