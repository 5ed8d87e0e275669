package ingest

import (
	"fmt"
	"net/http"

	"askbuy/internal/httpserver"
	"askbuy/schemas/event"
)

// byName finds the source of a hook; two of one name could not be told apart.
func byName(sources []Source) (map[string]*Source, error) {
	hooks := make(map[string]*Source, len(sources))
	for i := range sources {
		s := &sources[i]
		if hooks[s.Name] != nil {
			return nil, fmt.Errorf("sources[%d].name: %q is another source's, too", i, s.Name)
		}
		hooks[s.Name] = s
	}
	return hooks, nil
}

// serveHook answers a webhook of a configured source. Names that are no
// source's share one label, because anybody may make them up.
func (h *Handler) serveHook(w http.ResponseWriter, r *http.Request) error {
	s := h.hooks[r.PathValue("source")]
	if s == nil {
		h.metrics.requests.WithLabelValues("hooks", "unknown_source").Inc()
		return httpserver.Plain(http.StatusNotFound, "unknown source")
	}
	return h.serveSource(w, r, s)
}

// Map makes the shape a mapper of bodies that are one event each.
func (s *Shape) Map(d Delivery) Mapped {
	item := Item{Raw: d.Body}
	item.Decoded, item.Fault = s.Decode(d.Body, d.Arrival, d.Grant)
	if item.Event.Type == "" {
		item.Event.Type = s.Type
	}
	return Mapped{Items: []Item{item}}
}

// MapAll maps a body of one event, an array of events, or NDJSON.
func (s *Shape) MapAll(d Delivery) Mapped {
	ndjson, _ := mediaTypeOf(d.Header.Get("Content-Type"))
	parts, refused := split(d.Body, ndjson, d.MaxEvents)
	if refused != nil {
		return Mapped{refused: refused}
	}
	m := Mapped{Items: make([]Item, len(parts))}
	for i, part := range parts {
		m.Items[i].Raw = part
		m.Items[i].Decoded, m.Items[i].Fault = s.Decode(part, d.Arrival, d.Grant)
	}
	return m
}

// Malformed sets a whole body aside because it is not of its sender's shape;
// when it is no JSON at all it is refused. The type is what it should have
// been.
func Malformed(d Delivery, typ event.Type, f *Fault) Mapped {
	item := Item{Raw: d.Body, Fault: f}
	item.Event.Type, item.Event.ShopID = typ, first(d.Grant.Shop, d.Grant.Default)
	return Mapped{Items: []Item{item}}
}
