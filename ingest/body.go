package ingest

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"mime"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// mediaTypes are what a body may call itself. One that says nothing is taken
// for JSON; a form or a text is a mistake that the sender should hear of.
var mediaTypes = map[string]bool{ // true: NDJSON
	"application/json":         false,
	"text/json":                false,
	"application/octet-stream": false,
	"application/x-ndjson":     true,
	"application/ndjson":       true,
	"application/jsonl":        true,
	"application/x-jsonlines":  true,
	"application/jsonlines":    true,
}

// mediaType reports whether the request says that it is NDJSON, and whether
// what it says is acceptable.
func mediaType(r *http.Request) (ndjson, ok bool) {
	return mediaTypeOf(r.Header.Get("Content-Type"))
}

func mediaTypeOf(value string) (ndjson, ok bool) {
	if value == "" || value == "application/json" {
		return false, true
	}
	name, _, err := mime.ParseMediaType(value)
	if err != nil {
		return false, false
	}
	if strings.HasPrefix(name, "application/") && strings.HasSuffix(name, "+json") {
		return false, true
	}
	ndjson, ok = mediaTypes[name]
	return ndjson, ok
}

// isForm reports whether the request says that its body is an HTML form.
func isForm(r *http.Request) bool {
	name, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return err == nil && name == "application/x-www-form-urlencoded"
}

// held is a body in memory, and its part of what is held in all.
type held struct {
	buf   bytes.Buffer
	meter meter
}

// bodies keeps the memory of bodies of a usual size.
var bodies = sync.Pool{New: func() any { return new(held) }}

const usualBody = 64 << 10

// body reads a request's body whole, within the bounds for one and for all.
// It must be released once its bytes are no longer used.
func (h *Handler) body(w http.ResponseWriter, r *http.Request) (*held, *refusal) {
	if r.ContentLength > h.Config.MaxBody {
		return nil, tooLarge
	}
	b := bodies.Get().(*held)
	b.meter = meter{source: http.MaxBytesReader(w, r.Body, h.Config.MaxBody), held: &h.held, limit: h.Config.MaxHeldBytes}
	if refused := read(&b.buf, &b.meter, r.Header.Get("Content-Encoding"), h.Config.MaxBody); refused != nil {
		b.release()
		return nil, refused
	}
	return b, nil
}

func (b *held) release() {
	b.meter.held.Add(-b.meter.taken)
	if b.meter = (meter{}); b.buf.Cap() <= usualBody {
		b.buf.Reset()
		bodies.Put(b)
	}
}

// read fills the buffer with at most limit decoded bytes.
func read(buf *bytes.Buffer, m *meter, encoding string, limit int64) *refusal {
	switch strings.ToLower(encoding) {
	case "", "identity":
		_, err := buf.ReadFrom(m)
		return readRefusal(err, notJSON)
	case "gzip", "x-gzip":
	default:
		return unsupported
	}
	z, err := gzip.NewReader(m)
	if err != nil {
		return readRefusal(err, badEncoding)
	}
	plain := &meter{source: io.LimitReader(z, limit+1), held: m.held, limit: m.limit}
	n, err := buf.ReadFrom(plain)
	m.taken += plain.taken
	if err == nil && n > limit {
		return tooLarge
	}
	return readRefusal(err, badEncoding)
}

// readRefusal turns a failed read into an answer; a body that ended before its
// length is refused like any other that is broken.
func readRefusal(err error, broken *refusal) *refusal {
	if err == nil {
		return nil
	}
	var exceeded *http.MaxBytesError
	switch {
	case errors.As(err, &exceeded):
		return tooLarge
	case errors.Is(err, errBusy):
		return busy
	case errors.Is(err, os.ErrDeadlineExceeded):
		return tooSlow
	}
	return broken
}

// errBusy ends a read when all bodies together are too large.
var errBusy = errors.New("too much is held")

// meter adds what it reads to what is held.
type meter struct {
	source io.Reader
	held   *atomic.Int64
	limit  int64
	taken  int64
}

func (m *meter) Read(p []byte) (int, error) {
	n, err := m.source.Read(p)
	m.taken += int64(n)
	if m.held.Add(int64(n)) > m.limit {
		return n, errBusy
	}
	return n, err
}
