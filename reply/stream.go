package reply

import (
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
)

// serveStream is POST /chat/stream: the same as /chat in three server-sent
// events, brief, detail and done. The brief is what /chat would say, or the first
// sentences of an answer that is still being made, and comes in few bytes; the
// detail is the whole answer. A stream without done is to be asked again.
func (s *Service) serveStream(w http.ResponseWriter, r *http.Request) error {
	q, err := s.config.read(w, r)
	if err != nil {
		return err
	}
	out := &events{w: w}
	q.early = out.begin
	a, err := s.respond(q)
	if err != nil {
		if out.begun {
			return nil // it is counted, and the status is out
		}
		return err
	}
	if !out.begun {
		out.begin(a)
	}
	out.send("detail", said{a.whole})
	out.send("done", struct{}{})
	if out.err == nil { // else the shopper has left
		s.shown(q.Shopper, a)
	}
	return nil
}

// said is the data of what a shopper reads.
type said struct {
	Reply string `json:"reply"`
}

// events are an answer on its way, up to the first that could not be sent.
type events struct {
	w     http.ResponseWriter
	begun bool
	err   error
}

// begin sends the head, and the brief.
func (e *events) begin(a *answer) {
	e.begun = true
	h := e.w.Header()
	a.describe(h)
	h.Set(keyETag, etag(a.brief))
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // proxies must not wait for the end
	e.send("brief", said{a.brief})
}

func (e *events) send(name string, data any) {
	if e.err == nil {
		e.err = writeEvent(e.w, name, data)
	}
	if e.err == nil {
		e.err = http.NewResponseController(e.w).Flush()
	}
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
