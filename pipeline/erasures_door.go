package pipeline

import (
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/internal/httpserver"
	"askbuy/schemas/event"
)

// keys knows for which shops a request speaks; nil: for none.
type keys interface {
	Shops(h http.Header) func(shop string) bool
}

const erasuresRoute = "/v1/erasures"

// Bounds of a request: two ids of at most this many bytes, in JSON.
const (
	longestID          = 256
	longestErasureBody = 16 << 10
)

// register adds the routes of erasures to the public door.
func (q *erasures) register(mux *http.ServeMux, k keys, log *slog.Logger) {
	mux.Handle("POST "+erasuresRoute, httpserver.Handler(log, func(w http.ResponseWriter, r *http.Request) error { return q.serveRequest(w, r, k) }))
	mux.Handle("GET "+erasuresRoute+"/{id}", httpserver.Handler(log, func(w http.ResponseWriter, r *http.Request) error { return q.serveCertificate(w, r, k) }))
	mux.Handle(erasuresRoute, httpserver.Handler(log, httpserver.NotAllowed("POST")))
	mux.Handle(erasuresRoute+"/{id}", httpserver.Handler(log, httpserver.NotAllowed("GET")))
}

var errUnauthorized = func() error {
	return httpserver.Problem(http.StatusUnauthorized, "unauthorized", "want Authorization: Bearer <API key>")
}

func (q *erasures) serveRequest(w http.ResponseWriter, r *http.Request, k keys) error {
	speaksFor := k.Shops(r.Header)
	if speaksFor == nil {
		return errUnauthorized()
	}
	s, err := readShopper(http.MaxBytesReader(w, r.Body, longestErasureBody))
	if err != nil {
		return err
	}
	if !speaksFor(s.ShopID) {
		return httpserver.Problem(http.StatusForbidden, "forbidden_shop", "shop_id is not one of the key's")
	}
	id, err := q.request(s)
	if err != nil {
		return err
	}
	w.Header().Set("Location", erasuresRoute+"/"+id)
	return answerJSON(w, http.StatusAccepted, struct {
		Certificate string `json:"certificate"`
	}{erasuresRoute + "/" + id})
}

// serveCertificate answers with a certificate, or that it is still to be made.
func (q *erasures) serveCertificate(w http.ResponseWriter, r *http.Request, k keys) error {
	speaksFor := k.Shops(r.Header)
	if speaksFor == nil {
		return errUnauthorized()
	}
	id := r.PathValue("id")
	waits, err := q.pending(id)
	if err != nil {
		return err
	}
	c, err := q.dir.read(id)
	if err != nil {
		return err
	}
	switch {
	case waits != nil && speaksFor(waits.ShopID) && (c == nil || c.Status == erasureDone): // that of an earlier erasure
		return answerJSON(w, http.StatusOK, struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		}{id, "pending"})
	case c != nil && speaksFor(c.ShopID):
		return answerJSON(w, http.StatusOK, c)
	}
	return httpserver.Problem(http.StatusNotFound, "not_found", "no such certificate")
}

// readShopper reads the body of a request. Ids are read as events' are: a
// whole number is its digits.
func readShopper(body io.Reader) (event.Shopper, error) {
	var said struct {
		ShopID jsontext.Value `json:"shop_id"`
		UserID jsontext.Value `json:"user_id"`
	}
	err := json.UnmarshalRead(body, &said, json.RejectUnknownMembers(true))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return event.Shopper{}, httpserver.Problem(http.StatusRequestEntityTooLarge, "too_large", "two ids are shorter than that")
	case err != nil:
		return event.Shopper{}, httpserver.Problem(http.StatusBadRequest, "malformed", `want {"shop_id":"...","user_id":"..."} and nothing else`)
	}
	shop, okShop := idOf(said.ShopID)
	user, okUser := idOf(said.UserID)
	if !okShop || !okUser {
		return event.Shopper{}, httpserver.Problem(http.StatusBadRequest, "bad_field", "shop_id and user_id: want strings of 1 to 256 bytes")
	}
	return event.Shopper{ShopID: shop, UserID: user}, nil
}

func idOf(v jsontext.Value) (id string, ok bool) {
	switch v.Kind() {
	case '"':
		if err := json.Unmarshal(v, &id); err != nil {
			return "", false
		}
	case '0':
		id = string(v)
		ok := strings.Trim(strings.TrimPrefix(id, "-"), "0123456789") == ""
		return id, ok && len(id) <= longestID
	}
	return id, id != "" && len(id) <= longestID
}

func answerJSON(w http.ResponseWriter, status int, value any) error {
	body, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // a client that left reads no answer
	return nil
}
