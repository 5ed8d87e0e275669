package reply

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"

	"askbuy/internal/httpserver"
	"askbuy/reply/turn"
)

// Register adds the routes of the reply service.
func (s *Service) Register(mux *http.ServeMux) {
	s.route(mux, "POST", "/chat", s.serveChat)
	s.route(mux, "POST", "/chat/stream", s.serveStream)
	s.route(mux, "GET", "/chat/privacy", s.servePrivacy)
}

func (s *Service) route(mux *http.ServeMux, method, path string, f func(http.ResponseWriter, *http.Request) error) {
	mux.Handle(method+" "+path, httpserver.Handler(s.Log, f))
	mux.Handle(path, httpserver.Handler(s.Log, func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Allow", method)
		return httpserver.Plain(http.StatusMethodNotAllowed, "want "+method)
	}))
}

// serveChat is POST /chat: {"query"} to {"reply"}, and nothing else in the
// body.
func (s *Service) serveChat(w http.ResponseWriter, r *http.Request) error {
	q, err := s.config.read(w, r)
	if err != nil {
		return err
	}
	a, err := s.respond(q)
	if err != nil {
		return err
	}
	a.describe(w.Header())
	tag := etag(a.brief)
	w.Header().Set(keyETag, tag)
	if matches(r.Header.Get("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified) // the shopper has the words already
		_ = http.NewResponseController(w).Flush()
		s.shown(q.Shopper, a)
		return nil
	}
	body, err := json.Marshal(struct {
		Reply string `json:"reply"`
	}{a.brief})
	if err != nil {
		return err
	}
	w.Header()["Content-Type"] = jsonType
	if len(a.given) == 0 {
		_, _ = w.Write(body) // a shopper who left reads no answer
		return nil
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err == nil && http.NewResponseController(w).Flush() == nil {
		s.shown(q.Shopper, a)
	}
	return nil
}

var jsonType = []string{"application/json"}

// describe puts into headers what the body has no room for.
func (a *answer) describe(h http.Header) {
	h.Set(keyConv, a.conv)
	h.Set(headerRoute, string(a.route))
	h.Set(headerHandoff, handoff(a.mode))
	if a.first {
		h.Set(headerPrivacy, "1")
	}
}

func handoff(m turn.Mode) string {
	if m == turn.ModeBot {
		return "none"
	}
	return string(m)
}

// etag is strong: equal tags are equal replies.
func etag(reply string) string {
	sum := sha256.Sum256([]byte(reply))
	return `"` + hex.EncodeToString(sum[:16]) + `"`
}

// matches reports whether a list of tags has this one. Weak ones count: they
// were strong when they left here.
func matches(list, tag string) bool {
	for one := range strings.SplitSeq(list, ",") {
		if strings.TrimPrefix(strings.TrimSpace(one), "W/") == tag {
			return true
		}
	}
	return false
}

// servePrivacy is the notice that a shopper's first turn points at.
func (s *Service) servePrivacy(w http.ResponseWriter, r *http.Request) error {
	w.Header().Add("Vary", "Accept-Language")
	language := preferred(r.Header.Get("Accept-Language"))
	if language == "" {
		language = chinese
	}
	w.Header().Set("Content-Language", language)
	return httpserver.JSON(w, struct {
		Notice string `json:"notice"`
	}{privacyText.in(language)})
}
