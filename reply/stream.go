package reply

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

// serveStream is POST /chat/stream: the same as /chat in three server-sent
// events, brief, detail and done. The brief is what /chat would say, and comes
// first, in few bytes; the detail is the whole answer.
func (s *Service) serveStream(w http.ResponseWriter, r *http.Request) error {
	q, err := s.config.read(w, r)
	if err != nil {
		return err
	}
	a, err := s.respond(q, nil)
	if err != nil {
		return err
	}
	a.describe(w.Header())
	h := w.Header()
	h.Set("ETag", etag(a.brief))
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies must not wait for the end
	out := http.NewResponseController(w)
	for _, e := range []struct {
		name string
		data any
	}{
		{"brief", struct {
			Reply string `json:"reply"`
		}{a.brief}},
		{"detail", struct {
			Reply string `json:"reply"`
		}{a.whole}},
		{"done", struct{}{}},
	} {
		if err := writeEvent(w, e.name, e.data); err != nil {
			return nil // a shopper who left reads no answer
		}
		if err := out.Flush(); err != nil {
			return nil
		}
	}
	s.shown(q.Shopper, a)
	return nil
}

// writeEvent writes one server-sent event; JSON has no line breaks of its own.
func writeEvent(w http.ResponseWriter, name string, data any) error {
	line, err := json.Marshal(data)
	if err != nil {
		return err
	}
	var b strings.Builder
	b.WriteString("event: " + name + "\ndata: ")
	b.Write(line)
	b.WriteString("\n\n")
	_, err = w.Write([]byte(b.String()))
	return err
}
