package sender

import (
	"fmt"
	"net/http"
	"strconv"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// eventsMapper reads the events of /v1/events: one, an array, or NDJSON.
type eventsMapper struct {
	shape    ingest.Shape
	idHeader func(http.Header) string // the id of an event that has none; nil: it must have one
	numbered bool                     // message ids are unique within their conversation only
}

func newEventsMapper(c Config, idHeader func(http.Header) string) (eventsMapper, error) {
	m := eventsMapper{shape: ingest.EventShape(), idHeader: idHeader}
	m.shape.WeakID = idHeader != nil
	switch numbered := c.option(optNumbered, ""); numbered {
	case "", numberedByConv:
		m.numbered = numbered != ""
	default:
		return m, fmt.Errorf("options.%s: want %s, or nothing", optNumbered, numberedByConv)
	}
	return m, nil
}

func (m eventsMapper) Map(d ingest.Delivery) ingest.Mapped {
	mapped := m.shape.MapAll(d)
	if len(mapped.Items) == 0 && mapped.Refused() == "" {
		mapped.Ignored = "the body holds no event"
	}
	for i := range mapped.Items {
		e := &mapped.Items[i].Event
		if e.ID == "" && m.idHeader != nil {
			e.ID = m.idHeader(d.Header)
			if len(mapped.Items) > 1 {
				e.ID += "#" + strconv.Itoa(i)
			}
		}
		if m.numbered && e.Type == event.TypeMessage && e.ID != "" && e.ConvID != "" {
			e.ID = e.ConvID + ":" + e.ID
		}
	}
	return mapped
}
