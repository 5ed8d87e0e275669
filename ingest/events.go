package ingest

import (
	"net/http"
	"time"

	"askbuy/internal/httpserver"
	"askbuy/internal/surrogate"
	"askbuy/schemas/event"
)

// sourceEvents is the name of POST /v1/events.
const sourceEvents = "events"

// eventsAnswer is the answer of POST /v1/events: every event is in one of the
// three.
type eventsAnswer struct {
	Accepted  int        `json:"accepted"`
	Duplicate int        `json:"duplicate"`
	Rejected  []rejected `json:"rejected"` // set aside, or in conflict with what is known
}

type rejected struct {
	Index  int          `json:"index"`
	Reason event.Reason `json:"reason"`
	Detail string       `json:"detail"`
}

func (h *Handler) serveEvents(w http.ResponseWriter, r *http.Request) error {
	key := h.Keys.find(r.Header)
	if key == nil {
		return h.problem(sourceEvents, unauthorized)
	}
	if refused := h.allow(key.sender()); refused != nil {
		return h.problem(sourceEvents, refused)
	}
	ndjson, ok := mediaType(r)
	if !ok {
		return h.problem(sourceEvents, unsupported)
	}
	body, refused := h.body(w, r)
	if refused != nil {
		return h.problem(sourceEvents, refused)
	}
	defer body.release()
	raw := surrogate.Mend(body.buf.Bytes())
	parts, refused := split(raw, ndjson, h.Config.MaxBatch)
	if refused != nil {
		return h.problem(sourceEvents, refused)
	}
	h.limiter.charge(key.sender(), len(parts)-1)
	arrival := h.Now()
	items := decodeAll(parts, arrival, key)
	outcomes, refused := h.accept(sourceEvents, arrival, items)
	if refused != nil {
		return h.problem(sourceEvents, refused)
	}
	h.ok(sourceEvents)
	return httpserver.JSON(w, tally(items, outcomes))
}

func decodeAll(parts [][]byte, arrival time.Time, key *Key) []Item {
	items := make([]Item, len(parts))
	for i, part := range parts {
		item := &items[i]
		item.Raw = part
		item.Decoded, item.Fault = Decode(part, arrival)
		shop := item.Event.ShopID
		if shop != "" && !key.allows(shop) {
			item.Fault = &Fault{Reason: event.ReasonForbiddenShop, Detail: "shop_id: not one of the key's"}
		}
		if shop == "" || !key.allows(shop) {
			item.Event.ShopID = key.shop() // the event's is not to be trusted
		}
	}
	return items
}

func tally(items []Item, outcomes []Outcome) eventsAnswer {
	answer := eventsAnswer{Rejected: []rejected{}}
	for i, outcome := range outcomes {
		switch outcome {
		case Accepted, Erased: // the sender is done with either
			answer.Accepted++
		case Duplicate:
			answer.Duplicate++
		case Conflict:
			answer.Rejected = append(answer.Rejected, rejected{i, event.ReasonConflict, "event_id: was accepted with other content before"})
		case Quarantined:
			f := items[i].Fault
			answer.Rejected = append(answer.Rejected, rejected{i, f.Reason, f.Detail})
		}
	}
	return answer
}
