package ingest_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/sender"
	"askbuy/schemas/event"
)

// hookVector is a request of a vendor; see ingest/sender.
type hookVector struct {
	Kind    string            `json:"kind"`
	Secrets []string          `json:"secrets"`
	Keys    map[string]string `json:"keys"`
	Options map[string]string `json:"options"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
}

func readVector(t testing.TB, name string) hookVector {
	t.Helper()
	content, err := os.ReadFile("sender/testdata/" + name + ".json")
	must(t, err)
	var v hookVector
	must(t, json.Unmarshal(content, &v))
	return v
}

func (v hookVector) source(t testing.TB, name string) ingest.Source {
	t.Helper()
	s, err := sender.New(v.Kind, sender.Config{Secrets: v.Secrets, Keys: v.Keys, Options: v.Options, Now: func() time.Time { return arrival }})
	must(t, err)
	return s.Source(name, "1024")
}

func (v hookVector) headers(more ...string) []string {
	for name, value := range v.Headers {
		more = append(more, name, value)
	}
	return more
}

// hookDoor has one source a vector, named after the vector's kind.
func hookDoor(t testing.TB, change func(*ingest.Options), names ...string) *door {
	t.Helper()
	return newDoor(t, func(o *ingest.Options) {
		for _, name := range names {
			v := readVector(t, name)
			o.Hooks = append(o.Hooks, v.source(t, v.Kind))
		}
		if change != nil {
			change(o)
		}
	})
}

func (d *door) hook(v hookVector, body string, headers ...string) (status int, answer string) {
	w := d.send("POST", "/hooks/"+v.Kind, v.Headers["Authorization"], body, v.headers(headers...)...)
	return w.Code, w.Body.String()
}

// TestHooksOfEveryKind sends each vendor's request twice: the retry is the
// same events again.
func TestHooksOfEveryKind(t *testing.T) {
	for name, want := range map[string]struct {
		answer string
		ids    []string
	}{
		"coze/message-answer":       {"{}", []string{"coze:7392848327479"}},
		"jwt/bound":                 {"{}", []string{"jwt:m1"}},
		"standard-webhooks/svix":    {"{}", []string{"standard-webhooks:m1"}},
		"shopify/orders-paid":       {"{}", []string{"shopify:orders/paid:98880550-7158-44d4-b7cd-2c97c8a091b5", "shopify:820982911946154508#paid"}},
		"woocommerce/order-pending": {"{}", []string{"woocommerce:order:727:2027-01-15T07:40:10Z:pending"}},
		"woocommerce/ping":          {"{}", nil},
		"wechatpay/payment":         {`{"code":"SUCCESS","message":"成功"}`, []string{"wechatpay:1217752501201407033233368018"}},
		"wechatpay/abnormal":        {`{"code":"SUCCESS","message":"成功"}`, nil},
		"generic/timestamp":         {"{}", []string{"generic:m1", "generic:o1-paid"}},
	} {
		d := hookDoor(t, nil, name)
		v := readVector(t, name)
		for range 2 {
			if status, answer := d.hook(v, v.Body); status != 200 || answer != want.answer {
				t.Errorf("%s: %d %s", name, status, answer)
			}
		}
		events, letters := d.events(t)
		if len(events) != len(want.ids) || len(letters) != 0 {
			t.Errorf("%s: %d events, letters %+v", name, len(events), letters)
			continue
		}
		for i := range events { // may be stored in any order
			if !strings.Contains("\n"+strings.Join(want.ids, "\n")+"\n", "\n"+events[i].ID+"\n") || events[i].ShopID != "1024" {
				t.Errorf("%s: %s of %s", name, events[i].ID, events[i].ShopID)
			}
		}
	}
}

// TestHooksRefuseInOneVoice gives a sender that is none no hint at all, and
// the log everything but secrets.
func TestHooksRefuseInOneVoice(t *testing.T) {
	var log bytes.Buffer
	d := hookDoor(t, func(o *ingest.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) }, "coze/message-answer", "shopify/orders-paid", "wechatpay/payment")
	for name, answer := range map[string]string{
		"coze/message-answer": `{"error":"invalid token"}`,
		"shopify/orders-paid": `{"error":"invalid token"}`,
		"wechatpay/payment":   `{"code":"FAIL","message":"失败"}`,
	} {
		v := readVector(t, name)
		for what, change := range map[string]func() (int, string){
			"body":       func() (int, string) { return d.hook(v, v.Body+" ") },
			"headers":    func() (int, string) { return d.hook(hookVector{Kind: v.Kind}, v.Body) },
			"long body":  func() (int, string) { return d.hook(hookVector{Kind: v.Kind}, strings.Repeat("x", 2<<20)) },
			"empty body": func() (int, string) { return d.hook(v, "") },
		} {
			if status, got := change(); status != 401 || got != answer {
				t.Errorf("%s, other %s: %d %s", name, what, status, got)
			}
		}
	}
	if n := strings.Count(log.String(), "\n"); n != 1 {
		t.Errorf("%d lines within one second", n)
	}
	if !strings.Contains(log.String(), "source=") || !strings.Contains(log.String(), "invalid token: ") || strings.Contains(log.String(), "7a1c5e0f2b9d4c63") {
		t.Error(log.String())
	}
	if events, letters := d.events(t); len(events)+len(letters) > 0 {
		t.Error("something was stored")
	}
}

func TestHooksRoutes(t *testing.T) {
	d := hookDoor(t, nil, "shopify/orders-paid", "generic/timestamp")
	v := readVector(t, "shopify/orders-paid")
	for want, send := range map[int][]string{404: {"POST", "/hooks/nobody"}, 405: {"GET", "/hooks/shopify"}} {
		if w := d.send(send[0], send[1], "", ""); w.Code != want {
			t.Errorf("%v: %d", send, w.Code)
		}
	}
	if status, _ := d.hook(v, v.Body, "Content-Type", "text/plain"); status != 415 {
		t.Error("text:", status)
	}
	if status, _ := d.hook(v, v.Body, "Content-Type", "application/x-www-form-urlencoded"); status != 415 {
		t.Error("a form:", status)
	}
	one := readVector(t, "shopify/orders-paid").source(t, "x")
	if _, err := ingest.New(ingest.Options{Config: ingest.DefaultConfig(), Hooks: []ingest.Source{one, one}}); err == nil || !strings.Contains(err.Error(), "sources[1].name") {
		t.Error("two sources of one name:", err)
	}
}

// TestHooksQuarantine acknowledges what is authentic and wrong.
func TestHooksQuarantine(t *testing.T) {
	for name, c := range map[string]struct {
		body    string
		status  int
		reasons []event.Reason
	}{
		"not json":      {`{`, 400, nil},
		"trailing":      {`{"type":"behavior"} x`, 400, nil},
		"other shop":    {`{"type":"behavior","event_id":"1","shop_id":"7","user_id":"u","name":"page_view"}`, 403, nil},
		"one of two":    {`[{"type":"behavior","event_id":"1","shop_id":"7","user_id":"u","name":"page_view"},{"type":"behavior","event_id":"1","user_id":"u","name":"page_view"}]`, 200, []event.Reason{event.ReasonForbiddenShop}},
		"missing":       {`{"type":"behavior","event_id":"1","name":"page_view"}`, 200, []event.Reason{event.ReasonMissingField}},
		"long id":       {`{"type":"behavior","event_id":"` + strings.Repeat("x", 250) + `","user_id":"u","name":"page_view"}`, 200, []event.Reason{event.ReasonBadField}},
		"no type at al": {`{}`, 200, []event.Reason{event.ReasonMissingField}},
	} {
		d := hookDoor(t, nil, "generic/timestamp")
		v := readVector(t, "generic/timestamp")
		s := v.source(t, "generic")
		h := http.Header{}
		must(t, s.Verifier.(sender.Verifier).Sign(h, []byte(c.body)))
		v.Headers = map[string]string{}
		for key := range h {
			v.Headers[key] = h.Get(key)
		}
		status, answer := d.hook(v, c.body)
		_, letters := d.events(t)
		if status != c.status || len(letters) != len(c.reasons) {
			t.Errorf("%s: %d %s, %+v", name, status, answer, letters)
			continue
		}
		for i, reason := range c.reasons {
			if letters[i].Reason != reason || letters[i].ShopID != "1024" || letters[i].Source != "generic" {
				t.Errorf("%s: %+v", name, letters[i])
			}
		}
	}
}

// TestCozeTakesChatObjects as a bot's workflow may post them; their ids are as
// sent.
func TestCozeTakesChatObjects(t *testing.T) {
	d := newDoor(t, nil)
	v := readVector(t, "jwt/chat-message")
	for body, want := range map[string]int{v.Body: 200, `{"conversation_id":"c","role":"assistant","type":"verbose","content":"x"}`: 200} {
		if w := d.send("POST", "/coze", token(""), body); w.Code != want || w.Body.String() != "{}" {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
	events, letters := d.events(t)
	if len(events) != 1 || len(letters) != 0 || events[0].ID != "7381473525342978089" || events[0].ShopID != "default" || events[0].From != event.RoleBot {
		t.Errorf("%+v %+v", events, letters)
	}
}
