package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/sender"
)

// sourceEvents is the source of what came through POST /v1/events.
const sourceEvents = "events"

// mapper reads what a delivery tells.
type mapper interface {
	Map(ingest.Delivery) ingest.Mapped
}

// DoorSource is a webhook's sender whose deliveries this program can make
// again.
type DoorSource struct {
	path   string
	kind   string
	mapper mapper
	sign   func(h http.Header, shop string, body []byte) error
}

// DoorSources are the sources of a configuration by name, that of POST /coze
// with them. Those whose secrets are not here are left out. A token for a
// shop ("": none) and one body is made by token.
func DoorSources(c Config, cozeSecret string, token func(secret, shop, bodySHA256 string) (string, error)) map[string]DoorSource {
	bearer := func(secret string) func(http.Header, string, []byte) error {
		return func(h http.Header, shop string, body []byte) error {
			sum := sha256.Sum256(body)
			signed, err := token(secret, shop, hex.EncodeToString(sum[:]))
			h.Set("Authorization", "Bearer "+signed)
			return err
		}
	}
	all := map[string]DoorSource{cozeSource: {"/coze", "jwt", sender.NewSeedBody("user_id"), bearer(cozeSecret)}}
	for _, s := range c.Sources {
		made, err := s.Sender(time.Now)
		secrets, errSecrets := s.secrets()
		if err != nil || errSecrets != nil {
			delete(all, s.Name)
			continue
		}
		source := DoorSource{"/hooks/" + s.Name, s.Kind, made.Mapper, func(h http.Header, _ string, body []byte) error { return made.Sign(h, body) }}
		if s.Kind == "jwt" {
			source.sign = bearer(secrets[0])
		}
		if s.Name == cozeSource {
			source.path = all[cozeSource].path
		}
		all[s.Name] = source
	}
	return all
}

// throughHook posts the letter's bytes as its sender would. What a kind reads
// from headers is not kept with the letter, so not every kind can go.
func (s *Step) throughHook(source DoorSource, raw []byte, now time.Time) {
	s.path = source.path
	switch source.kind {
	case "jwt":
		s.one(source.mapper, raw, now)
	case "coze":
		s.body = raw
		s.fault, _ = predict(source.mapper, s.body, false, s.Letter.ShopID, now)
	case "generic", "standard-webhooks":
		if s.Letter.EventID == "" {
			s.leave("the event has no id of its own, and could count twice: post it with an event_id by --file")
			return
		}
		s.oneOfMany(source.mapper, raw, now)
	case "":
		s.leave("no source " + s.Letter.Source + " is configured here with its secret: give the instance's --config, have it sent again, or post its event with --file")
	default:
		s.leave("a delivery of kind " + source.kind + " is read by headers that are not kept: have it sent again, or post its event with --file")
	}
}

// predict says what the door will find in a body of one event: its fault, and
// whether it has a time of its own.
func predict(m mapper, body []byte, ndjson bool, shop string, now time.Time) (fault *ingest.Fault, noTS bool) {
	h := http.Header{}
	h.Set("Content-Type", mediaTypes[ndjson])
	mapped := m.Map(ingest.Delivery{Header: h, Body: body, Arrival: now, Grant: ingest.Grant{Shop: shop}, MaxEvents: 1})
	if len(mapped.Items) == 0 {
		return nil, false
	}
	for i := range mapped.Items {
		if mapped.Items[i].Fault != nil {
			return mapped.Items[i].Fault, false
		}
	}
	return nil, mapped.Items[0].NoTS
}

// mediaTypes are of JSON, and of NDJSON.
var mediaTypes = map[bool]string{false: "application/json", true: "application/x-ndjson"}

// eventsMapper reads bodies of /v1/events.
type eventsMapper struct{}

func (eventsMapper) Map(d ingest.Delivery) ingest.Mapped {
	shape := ingest.EventShape()
	return shape.MapAll(d)
}
