package ingest

import (
	"errors"
	"log/slog"
	"net/http"
	"time"

	"askbuy/internal/httpserver"
	"askbuy/internal/surrogate"
	"askbuy/schemas/event"
)

// Source is one configured webhook sender.
type Source struct {
	Name        string // label and header of its events
	Verifier    verifier
	Mapper      mapper
	Shop        string // every event is of this shop; "" leaves it to credential and body
	DefaultShop string // of an event for which nobody names a shop
	Prefix      string // before the id of every event, so that two senders' ids never meet
	Form        bool   // a form is not refused: the sender's ping is one
	Answers     Answers
}

// Answers are the bodies that a kind of sender wants to read. Neither tells
// why a request was refused.
type Answers struct {
	Accepted []byte // of 200; nil: {}
	Refused  []byte // of every refusal; nil: the seed's
}

// verifier proves whom a request comes from. It sees the headers first, so
// that who cannot be the sender is refused before the body is read.
type verifier interface {
	Verify(http.Header) (Proof, error)
}

// Proof is what a request's headers prove.
type Proof struct {
	Shop string             // the credential's; "" when it names none
	Body func([]byte) error // what is left to prove once the body is there; nil: nothing
}

// mapper reads what a verified body tells.
type mapper interface {
	Map(Delivery) Mapped
}

// Delivery is a request whose sender is proved. Its bytes are valid until the
// request is answered.
type Delivery struct {
	Header    http.Header
	Body      []byte
	Arrival   time.Time
	Grant     Grant
	MaxEvents int // more are refused
}

// Mapped is what a delivery comes to.
type Mapped struct {
	Items   []Item
	Ignored string // why there are no items, though nothing is wrong

	refused *refusal // nothing of it can be taken
}

// Refused is why nothing of the delivery can be taken; "" when it can.
func (m *Mapped) Refused() string {
	if m.refused == nil {
		if m.refused = m.wholly(); m.refused == nil {
			return ""
		}
	}
	return m.refused.message
}

// serveSource answers a webhook: 200 once its events are durable, in their
// topics or in the dead letters.
func (h *Handler) serveSource(w http.ResponseWriter, r *http.Request, s *Source) error {
	if refused := h.take(w, r, s); refused != nil {
		return h.refuse(s, refused)
	}
	answer := s.Answers.Accepted
	if answer == nil {
		answer = emptyObject
	}
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(answer) // a sender that left reads no answer
	return nil
}

var (
	emptyObject = []byte("{}")
	jsonType    = []string{"application/json"}
)

func (h *Handler) take(w http.ResponseWriter, r *http.Request, s *Source) *refusal {
	proof, err := s.Verifier.Verify(r.Header)
	if err != nil {
		return h.denied(s, err)
	}
	if s.Shop != "" && proof.Shop != "" && s.Shop != proof.Shop {
		return forbidden
	}
	if refused := h.allow(s.Name); refused != nil {
		return refused
	}
	if !s.takes(r) {
		return unsupported
	}
	body, refused := h.body(w, r)
	if refused != nil {
		return refused
	}
	defer body.release()
	raw := body.buf.Bytes()
	if proof.Body != nil {
		if err := proof.Body(raw); err != nil {
			return h.denied(s, err)
		}
	}
	return h.acceptDelivery(r, s, Delivery{
		Header: r.Header, Body: surrogate.Mend(raw), Arrival: h.Now(),
		Grant: Grant{Shop: first(proof.Shop, s.Shop), Default: s.DefaultShop}, MaxEvents: h.Config.MaxBatch,
	})
}

// denied tells the log, once a second, which step failed; the sender learns
// nothing.
func (h *Handler) denied(s *Source, err error) *refusal {
	if h.deniedLog.due(h.Now()) {
		h.Log.Warn("a webhook's sender is not proved: see `askbuy webhook verify`",
			slog.String("source", s.Name), slog.String("error", err.Error()))
	}
	return unauthorized
}

// takes reports whether the body says to be of a media type that the source
// takes.
func (s *Source) takes(r *http.Request) bool {
	_, ok := mediaType(r)
	return ok || s.Form && isForm(r)
}

func (h *Handler) acceptDelivery(r *http.Request, s *Source, d Delivery) *refusal {
	m := s.Mapper.Map(d)
	if m.Refused() != "" {
		return m.refused
	}
	if len(m.Items) == 0 {
		h.metrics.requests.WithLabelValues(s.Name, "ignored").Inc()
		return nil
	}
	for i := range m.Items {
		s.complete(&m.Items[i], d.Grant)
	}
	if _, refused := h.accept(s.Name, d.Arrival, m.Items); refused != nil {
		return refused
	}
	h.ok(s.Name)
	return nil
}

// wholly is the answer to a body of one event when it is no event that could
// be set aside.
func (m *Mapped) wholly() *refusal {
	if len(m.Items) != 1 || m.Items[0].Fault == nil {
		return nil
	}
	switch f := m.Items[0].Fault; {
	case f.NotJSON:
		return notJSON
	case f.Reason == event.ReasonForbiddenShop:
		return forbidden
	}
	return nil
}

// complete gives an item what its source knows of it.
func (s *Source) complete(item *Item, grant Grant) {
	e := &item.Event
	if e.ShopID == "" {
		e.ShopID = first(grant.Shop, grant.Default)
	}
	if s.Prefix == "" || e.ID == "" {
		return
	}
	if e.ID = s.Prefix + e.ID; len(e.ID) > maxShort && item.Fault == nil {
		item.Fault = &Fault{Reason: event.ReasonBadField, Detail: "event_id: at most 256 bytes together with the source's name"}
	}
}

// refuse answers in the form that the source's kind wants.
func (h *Handler) refuse(s *Source, refused *refusal) error {
	err := h.plain(s.Name, refused)
	var answer *httpserver.Error
	if s.Answers.Refused != nil && errors.As(err, &answer) {
		answer.Body = s.Answers.Refused
	}
	return err
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
