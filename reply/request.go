package reply

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"askbuy/internal/httpserver"
	"askbuy/internal/surrogate"
	"askbuy/schemas/event"
)

// Headers of requests and answers.
const (
	headerApp     = "X-WeChat-AppID"
	headerUser    = "X-User-ID"
	headerSession = "X-Session-Token"
	headerConv    = "X-Conv-ID"
	headerMessage = "X-Message-ID"
	headerRoute   = "X-Reply-Route"
	headerHandoff = "X-Handoff"
	headerPrivacy = "X-Privacy-Notice"
)

// Those of them that net/http writes in another way: to look one up by its own
// name makes a copy of it each time.
var (
	keyApp     = http.CanonicalHeaderKey(headerApp)
	keyUser    = http.CanonicalHeaderKey(headerUser)
	keyConv    = http.CanonicalHeaderKey(headerConv)
	keyMessage = http.CanonicalHeaderKey(headerMessage)
	keyETag    = http.CanonicalHeaderKey("ETag")
)

const (
	maxBody    = 128 << 10 // bytes: a text of 64 KiB, escaped
	maxQuery   = 64 << 10  // bytes
	maxMessage = 128       // bytes of a message's id
)

// question is a request that was read.
type question struct {
	event.Shopper
	conv, message string        // as sent; "" when not
	query         string        // as sent
	language      string        // that the shopper asks for; "" when they do not
	early         func(*answer) // is told of an answer's brief before it is whole; nil: nobody reads along
}

// Who is the shopper that a request speaks for; the error is its answer.
func (s *Service) Who(h http.Header) (event.Shopper, error) { return s.config.who(h) }

// who is the shopper that a request speaks for.
func (c *Config) who(h http.Header) (event.Shopper, error) {
	app, user := h.Get(keyApp), h.Get(keyUser)
	switch {
	case app == "":
		return event.Shopper{}, httpserver.Plain(http.StatusBadRequest, headerApp+" is missing")
	case user == "":
		return event.Shopper{}, httpserver.Plain(http.StatusBadRequest, headerUser+" is missing")
	case len(user) > maxID || !utf8.ValidString(user):
		return event.Shopper{}, httpserver.Plain(http.StatusBadRequest, headerUser+": want at most 256 bytes of UTF-8")
	}
	if len(c.Apps) == 0 {
		return event.Shopper{ShopID: c.DefaultShop, UserID: user}, nil
	}
	known, ok := c.Apps[app]
	if !ok {
		return event.Shopper{}, httpserver.Plain(http.StatusForbidden, "unknown "+headerApp)
	}
	if known.Session != nil {
		if subject, err := known.Session(h.Get(headerSession)); err != nil || subject != user {
			return event.Shopper{}, httpserver.Plain(http.StatusUnauthorized, "invalid token")
		}
	}
	return event.Shopper{ShopID: known.Shop, UserID: user}, nil
}

// read takes a request apart.
func (c *Config) read(w http.ResponseWriter, r *http.Request) (question, error) {
	shopper, err := c.who(r.Header)
	if err != nil {
		return question{}, err
	}
	q := question{Shopper: shopper, conv: r.Header.Get(keyConv), message: r.Header.Get(keyMessage), language: preferred(r.Header.Get("Accept-Language"))}
	if len(q.message) > maxMessage || !utf8.ValidString(q.message) {
		return q, httpserver.Plain(http.StatusBadRequest, headerMessage+": want at most 128 bytes of UTF-8")
	}
	if kind := r.Header.Get("Content-Type"); kind != "" && kind != "application/json" {
		if media, _, err := mime.ParseMediaType(kind); err != nil || media != "application/json" {
			return q, httpserver.Plain(http.StatusUnsupportedMediaType, "want application/json")
		}
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		if errors.As(err, new(*http.MaxBytesError)) {
			return q, httpserver.Plain(http.StatusRequestEntityTooLarge, "query: want at most 64 KiB")
		}
		return q, httpserver.Plain(http.StatusBadRequest, "the body cannot be read")
	}
	q.query, err = readQuery(raw)
	return q, err
}

// readQuery reads the body. Members that this version does not know are left
// out, like everywhere at the public door.
func readQuery(raw []byte) (string, error) {
	var body struct {
		Query *string `json:"query"`
	}
	if err := json.Unmarshal(surrogate.Mend(raw), &body); err != nil {
		return "", httpserver.Plain(http.StatusBadRequest, `want {"query":"..."}`)
	}
	switch {
	case body.Query == nil || strings.TrimSpace(*body.Query) == "":
		return "", httpserver.Plain(http.StatusBadRequest, "query is missing")
	case len(*body.Query) > maxQuery:
		return "", httpserver.Plain(http.StatusRequestEntityTooLarge, "query: want at most 64 KiB")
	}
	return strings.TrimSpace(*body.Query), nil
}
