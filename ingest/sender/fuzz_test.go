package sender

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// FuzzMap throws bodies at every kind's mapper. Whatever comes, it ends in
// events that are whole, in faults of the closed set, in silence with a
// reason, or in a refusal; the same body always comes to the same; and no
// event is of another shop.
func FuzzMap(f *testing.F) {
	var senders []*Sender
	pay := read(f, "testdata/wechatpay/payment.json")
	for _, kind := range Names() {
		cfg := Config{Secrets: []string{strings.Repeat("x", 32)}}
		switch kind {
		case "wechatpay":
			cfg = pay.config()
		case "standard-webhooks":
			cfg.Secrets[0] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
		}
		senders = append(senders, newSender(f, kind, cfg))
	}
	for _, v := range vectors(f) {
		for kind := range senders {
			f.Add(uint8(kind), v.Body, v.header().Get("X-Shopify-Topic"))
		}
	}
	f.Add(uint8(0), `{"header":{"event_id":1},"event":{"conversation_id":1,"role":"user","type":"answer","content":null}}`, "")
	f.Fuzz(func(t *testing.T, kind uint8, body, topic string) {
		s := senders[int(kind)%len(senders)]
		d := ingest.Delivery{
			Header: http.Header{"X-Shopify-Topic": {topic}}, Body: []byte(body), Arrival: start, Grant: ingest.Grant{Shop: "1024"}, MaxEvents: 100,
		}
		m, again := s.Map(d), s.Map(d)
		if !reflect.DeepEqual(m.Items, again.Items) || m.Ignored != again.Ignored {
			t.Fatal("the same body came to something else")
		}
		if refused := m.Refused(); len(m.Items) == 0 && m.Ignored == "" && refused == "" {
			t.Fatal("a body vanished without a reason")
		}
		for i := range m.Items {
			check(t, &m.Items[i])
		}
	})
}

func check(t *testing.T, item *ingest.Item) {
	t.Helper()
	e := &item.Event
	if f := item.Fault; f != nil {
		switch f.Reason {
		case event.ReasonMalformed, event.ReasonUnknownType, event.ReasonMissingField, event.ReasonBadField, event.ReasonFutureTS, event.ReasonForbiddenShop:
		default:
			t.Fatalf("reason %q", f.Reason)
		}
		if item.Raw == nil || f.Detail == "" {
			t.Fatal("a fault without its bytes or its detail")
		}
		return
	}
	if e.ShopID != "1024" {
		t.Fatalf("shop %q", e.ShopID)
	}
	if e.Type != event.TypeOrder && e.UserID == "" || e.Type == event.TypeOrder && (e.OrderID == "" || e.Status == "") || e.ID == "" && e.Type != event.TypeMessage {
		t.Fatalf("half an event: %+v", e)
	}
	value, err := event.Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := event.Decode(value); err != nil {
		t.Fatal(err)
	}
}

// FuzzVerify throws headers and bodies at every verifier: without the secret
// nothing passes but WooCommerce's ping.
func FuzzVerify(f *testing.F) {
	cases := vectors(f)
	var verifiers []*vector
	for _, kind := range Names() {
		for _, v := range cases {
			if v.Kind == kind && kind != "wechatpay" {
				v.Secrets = []string{strings.Repeat("A", 32)}
				verifiers = append(verifiers, v)
				break
			}
		}
	}
	for i, v := range verifiers {
		for name, value := range v.Headers {
			f.Add(uint8(i), name, value, "X-Coze-Timestamp", "1800000000", v.Body)
		}
	}
	f.Fuzz(func(t *testing.T, i uint8, name, value, other, second, body string) {
		v := verifiers[int(i)%len(verifiers)]
		s, err := New(v.Kind, v.config())
		if err != nil {
			t.Fatal(err)
		}
		h := v.header()
		h.Set(name, value)
		h.Set(other, second)
		if err := prove(s, h, body); err == nil && !isPing([]byte(body)) {
			t.Fatalf("%s took a request without its secret", v.Kind)
		}
	})
}
