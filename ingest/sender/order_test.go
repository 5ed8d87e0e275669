package sender

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

// byID are the events of a delivery; none may have a fault.
func byID(t interface{ Fatalf(string, ...any) }, m ingest.Mapped) map[string]event.Event {
	events := map[string]event.Event{}
	for i := range m.Items {
		if m.Items[i].Fault != nil {
			t.Fatalf("%v", m.Items[i].Fault)
		}
		events[m.Items[i].Event.ID] = m.Items[i].Event
	}
	return events
}

func same(a, b event.Event) bool {
	x, _ := event.Encode(&a)
	y, _ := event.Encode(&b)
	return string(x) == string(y)
}

// TestEveryStateSaysTheSame has an order's payment and refunds said in the
// same words by each of its states, and by the refund alone: else the later
// would be conflicts.
func TestEveryStateSaysTheSame(t *testing.T) {
	all := vectors(t)
	mapped := func(file string) map[string]event.Event {
		v := all["testdata/"+file+".json"]
		s, err := New(v.Kind, v.config())
		if err != nil {
			t.Fatal(err)
		}
		return byID(t, s.Map(v.delivery()))
	}
	for id, files := range map[string][]string{
		"820982911946154508#paid":                      {"shopify/orders-paid", "shopify/orders-updated"},
		"820982911946154508#refund:890088186047892319": {"shopify/refunds-create", "shopify/orders-updated"},
		"727#paid": {"woocommerce/order-processing", "woocommerce/order-refunded-in-part", "woocommerce/order-cancelled"},
	} {
		first, there := mapped(files[0])[id]
		if !there {
			t.Fatalf("%s says nothing of %s", files[0], id)
		}
		for _, file := range files[1:] {
			if again, there := mapped(file)[id]; !there || !same(first, again) {
				t.Errorf("%s: %s says\n%+v, and %s\n%+v", id, files[0], first, file, again)
			}
		}
	}
}

// TestShopifyStates changes what may change in an order's life: the payment
// and the refunds that were said stay as they were said.
func TestShopifyStates(t *testing.T) {
	v := read(t, "testdata/shopify/orders-updated.json")
	s := newSender(t, "shopify", v.config())
	var order map[string]any
	if err := json.Unmarshal([]byte(v.Body), &order); err != nil {
		t.Fatal(err)
	}
	said := byID(t, s.Map(v.delivery()))
	rapid.Check(t, func(t *rapid.T) {
		state := map[string]any{}
		for name, value := range order {
			state[name] = value
		}
		state["financial_status"] = rapid.SampledFrom([]string{"pending", "authorized", "paid", "partially_refunded", "refunded", "voided"}).Draw(t, "status")
		if rapid.Bool().Draw(t, "cancelled") {
			state["cancelled_at"] = "2027-01-15T02:59:02-05:00"
		}
		state["current_total_price"] = rapid.SampledFrom([]string{"269.00", "200.00", "0.00"}).Draw(t, "price")
		state["updated_at"] = rapid.SampledFrom([]string{"2027-01-15T02:59:02-05:00", "2027-01-15T02:59:03-05:00"}).Draw(t, "updated")
		if rapid.Bool().Draw(t, "refund still to come") {
			state["refunds"] = []any{}
		}
		body, err := json.Marshal(state)
		if err != nil {
			t.Fatal(err)
		}
		d := v.delivery()
		d.Body = body
		for id, e := range byID(t, s.Map(d)) {
			if before, known := said[id]; known && strings.Contains(id, "#") && !same(before, e) {
				t.Fatalf("%s: %+v, before %+v", id, e, before)
			}
			if e.Amount != nil && e.Amount.String() != "269.00" {
				t.Fatalf("the amount is %s, refunds would count twice", e.Amount)
			}
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	for file, v := range vectors(b) {
		if !strings.Contains("coze/message-answer standard-webhooks/library shopify/orders-paid jwt/bound wechatpay/payment", strings.TrimSuffix(strings.TrimPrefix(file, "testdata/"), ".json")) {
			continue
		}
		s, err := New(v.Kind, v.config())
		if err != nil {
			b.Fatal(err)
		}
		h, d := v.header(), v.delivery()
		b.Run(v.Kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := prove(s, h, v.Body); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(v.Kind+"/map", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if m := s.Map(d); len(m.Items) == 0 {
					b.Fatal("nothing")
				}
			}
		})
	}
}
