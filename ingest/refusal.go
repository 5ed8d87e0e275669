package ingest

import (
	"net/http"
	"time"

	"askbuy/internal/httpserver"
)

// refusal is why a whole request is turned away; nothing of it was accepted.
type refusal struct {
	status  int
	code    string // stable, also the metric's label
	message string // short, for the senders of webhooks
	detail  string // for the clients of /v1
}

var (
	unauthorized = &refusal{http.StatusUnauthorized, "unauthorized", "invalid token", "want Authorization: Bearer <API key>"}
	forbidden    = &refusal{http.StatusForbidden, "forbidden_shop", "forbidden shop", "the credential is not for this shop"}
	notJSON      = &refusal{http.StatusBadRequest, "not_json", "not json", "the body is neither JSON nor NDJSON, or ended early"}
	badEncoding  = &refusal{http.StatusBadRequest, "bad_encoding", "bad content encoding", "the body is not what its Content-Encoding says"}
	tooLarge     = &refusal{http.StatusRequestEntityTooLarge, "too_large", "body too large", "the body is too large, also once decompressed: send fewer events at once"}
	tooMany      = &refusal{http.StatusRequestEntityTooLarge, "too_many_events", "too many events", "too many events in one request"}
	unsupported  = &refusal{http.StatusUnsupportedMediaType, "unsupported_media_type", "want application/json", "want application/json or application/x-ndjson, plain or gzip"}
	busy         = &refusal{http.StatusTooManyRequests, "too_many_requests", "too many requests", "too much is being received at once: try again later"}
	unavailable  = &refusal{http.StatusServiceUnavailable, "unavailable", "unavailable", "the events are not known to be durable: send them again, which is safe"}
)

func (r *refusal) later(answer *httpserver.Error, after time.Duration) error {
	if r.status == http.StatusTooManyRequests || r.status == http.StatusServiceUnavailable {
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
