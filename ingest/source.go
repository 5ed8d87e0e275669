package ingest

import (
	"net/http"

	"askbuy/schemas/event"
)

var emptyObject = []byte("{}")

// serveSource answers a webhook: 200 {} once its event is durable, in its
// topic or in the dead letters.
func (h *Handler) serveSource(w http.ResponseWriter, r *http.Request, s *Source) error {
	shop, err := s.Verifier.Verify(r.Header)
	if err != nil {
		return h.plain(s.Name, unauthorized)
	}
	if s.Shop != "" && shop != "" && s.Shop != shop {
		return h.plain(s.Name, forbidden)
	}
	if shop == "" {
		shop = s.Shop
	}
	if _, ok := mediaType(r); !ok {
		return h.plain(s.Name, unsupported)
	}
	raw, release, refused := h.body(w, r)
	if refused != nil {
		return h.plain(s.Name, refused)
	}
	defer release()
	if refused := h.acceptOne(r, s, raw, Grant{Shop: shop, Default: s.DefaultShop}); refused != nil {
		return h.plain(s.Name, refused)
	}
	h.ok(s.Name)
	w.Header()["Content-Type"] = jsonType
	_, _ = w.Write(emptyObject) // a sender that left reads no answer
	return nil
}

var jsonType = []string{"application/json"}

func (h *Handler) acceptOne(r *http.Request, s *Source, raw []byte, grant Grant) *refusal {
	arrival := h.Now()
	item := Item{Raw: raw}
	item.Decoded, item.Fault = s.Shape.Decode(raw, arrival, grant)
	if f := item.Fault; f != nil {
		switch {
		case f.NotJSON:
			return notJSON
		case f.Reason == event.ReasonForbiddenShop:
			return forbidden
		case item.Event.ShopID == "":
			item.Event.ShopID = first(grant.Shop, grant.Default)
		}
		if item.Event.Type == "" {
			item.Event.Type = s.Shape.Type
		}
	}
	_, refused := h.accept(r.Context(), s.Name, arrival, []Item{item})
	return refused
}

func first(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
