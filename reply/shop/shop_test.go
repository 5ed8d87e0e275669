package shop

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/models/intent"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
)

const catalogue = `{"1024":{
	"orders":[{"order_id":"20250625001","user_id":"u","status":"shipped","carrier":"顺丰","tracking":"SF1"}],
	"items":[{"sku":"A100","name":"大衣","price":"269元","stock":3},{"sku":"B1","stock":0}],
	"promotions":[{"zh":"满299减50。","en":"50 off 299.","from":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z"},{"zh":"新人九折。"}]}}`

// providers are both kinds of one shop.
func providers(t *testing.T) map[string]Provider {
	t.Helper()
	c, err := ParseCatalogue([]byte(catalogue))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		bodies := map[string]string{
			"/api/orders/20250625001": `{"order_id":"20250625001","user_id":"u","status":"shipped","carrier":"顺丰","tracking":"SF1"}`,
			"/api/items/A100":         `{"sku":"A100","name":"大衣","price":"269元","stock":3}`,
			"/api/items/B1":           `{"sku":"B1","stock":0}`,
			"/api/promotions":         `[{"zh":"满299减50。","en":"50 off 299.","from":"2026-01-01T00:00:00Z","until":"2026-02-01T00:00:00Z"},{"zh":"新人九折。"}]`,
		}
		body, known := bodies[r.URL.Path]
		switch {
		case r.Header.Get("Authorization") != "Bearer k":
			w.WriteHeader(http.StatusUnauthorized)
		case !known || r.URL.Query().Get("shop_id") != "1024":
			w.WriteHeader(http.StatusNotFound)
		default:
			_, _ = io.WriteString(w, body)
		}
	}))
	t.Cleanup(server.Close)
	remote, err := NewRemote(server.URL+"/api/", "k")
	if err != nil {
		t.Fatal(err)
	}
	return map[string]Provider{"file": File{func() Catalogue { return c }}, "http": remote}
}

func TestWhatAShopSays(t *testing.T) {
	for name, p := range providers(t) {
		f := func(topic, language, user string, entity intent.Entity, want string) {
			t.Helper()
			q := &turn.Turn{Shopper: event.Shopper{ShopID: "1024", UserID: user}, Language: language,
				Intent: intent.Scored{Intent: topic, IntentConfidence: .9, Entities: []intent.Entity{entity}}}
			r, ok := Step{p}.Answer(t.Context(), q)
			if r.Text != want || ok != (want != "") || ok && (r.Route != turn.RouteRule || *r.Confidence != .9) {
				t.Errorf("%s: %s %v: %+v, want %q", name, topic, entity, r, want)
			}
		}
		order, coat := intent.Entity{Type: "order_id", Text: "20250625001"}, intent.Entity{Type: "sku", Text: "A100"}
		f("logistics", "zh", "u", order, "订单20250625001已发货。顺丰单号SF1。")
		f("logistics", "en", "u", order, "Order 20250625001 has been shipped. 顺丰, tracking number SF1.")
		f("logistics", "zh", "another", order, "") // nobody else's
		f("logistics", "zh", "u", intent.Entity{Type: "order_id", Text: "1"}, "")
		f("price_query", "zh", "u", coat, "大衣现价269元。")
		f("stock_query", "zh", "u", coat, "大衣有货。")
		f("product_query", "en", "u", coat, "大衣 costs 269元. 大衣 is in stock.")
		f("stock_query", "en", "u", intent.Entity{Type: "sku", Text: "B1"}, "B1 is out of stock.")
		f("price_query", "zh", "u", intent.Entity{Type: "sku", Text: "B1"}, "")
		f("price_query", "zh", "u", intent.Entity{Type: "sku", Text: "../orders"}, "")
		f("invoice", "zh", "u", order, "")

		at := func(day string) time.Time { v, _ := time.Parse(time.DateOnly, day); return v }
		offers := func(language, day string, want ...string) {
			t.Helper()
			if got := Offers(t.Context(), p, "1024", language, at(day)); !slices.Equal(got, want) {
				t.Errorf("%s: %v, want %v", name, got, want)
			}
		}
		offers("zh", "2026-01-31", "满299减50。", "新人九折。")
		offers("en", "2026-01-01", "50 off 299.")
		offers("en", "2026-02-01")
		facts, own := Facts(t.Context(), p, &turn.Turn{Shopper: event.Shopper{ShopID: "1024", UserID: "u"}, Language: "zh", At: at("2026-03-01").UnixMilli(),
			Intent: intent.Scored{Entities: []intent.Entity{coat}}, Slots: map[string]string{"order_id": "20250625001"}})
		if want := []string{"订单20250625001已发货。顺丰单号SF1。", "大衣现价269元。", "大衣有货。", "新人九折。"}; !own || !slices.Equal(facts, want) {
			t.Errorf("%s: facts %v", name, facts)
		}
	}
}

// A server that stalls, fails or talks rubbish costs no more than the budget,
// and says nothing.
func TestAShopThatCannotSay(t *testing.T) {
	answers := make(chan http.HandlerFunc, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (<-answers)(w, r) }))
	defer server.Close()
	remote, err := NewRemote(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	f := func(name string, h http.HandlerFunc) {
		t.Helper()
		answers <- h
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if o, err := remote.Order(ctx, event.Shopper{ShopID: "s", UserID: "u"}, "o"); err == nil {
			t.Errorf("%s: %+v", name, o)
		}
	}
	f("stalls", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	f("fails", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) })
	f("rubbish", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") })
	f("a status of its own", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"order_id":"o","user_id":"u","status":"lost"}`)
	})
	f("another's", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"order_id":"o","user_id":"v","status":"paid"}`)
	})
	f("without end", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat(" ", maxAnswer+1)+"{}")
	})
	f("elsewhere", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/orders/p", http.StatusFound) })
}

func TestCatalogueNamesWhatIsWrong(t *testing.T) {
	_, err := ParseCatalogue([]byte(`{"s":{"orders":[{"order_id":"o","user_id":"","status":"paid"}],"items":[{"sku":"i","stock":-1}]}}`))
	if err == nil || !strings.Contains(err.Error(), `order "o"`) || !strings.Contains(err.Error(), `item "i"`) {
		t.Error(err)
	}
	if c, err := ParseCatalogue(nil); err != nil || len(c) != 0 {
		t.Error("no file is no empty catalogue")
	}
	if _, err := NewRemote("shop.example.com", ""); err == nil {
		t.Error("an address without scheme is taken")
	}
	if _, err := (Nothing{}).Item(t.Context(), "s", "i"); !errors.Is(err, ErrUnknown) {
		t.Error(err)
	}
}

func FuzzCatalogue(f *testing.F) {
	f.Add([]byte(catalogue))
	f.Fuzz(func(t *testing.T, raw []byte) {
		c, err := ParseCatalogue(raw)
		if err != nil {
			return
		}
		for shop, shelf := range c {
			for _, o := range shelf.Orders {
				if o.Say("zh") == "" {
					t.Errorf("shop %q: an order that cannot be told: %+v", shop, o)
				}
			}
		}
	})
}
