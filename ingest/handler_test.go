package ingest_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"askbuy/ingest"
	"askbuy/ingest/dedup"
	"askbuy/ingest/sender"
	"askbuy/schemas/event"
)

var arrival = time.UnixMilli(1_800_000_000_000)

const cozeSecret = "0123456789abcdef0123456789abcdef"

// token is signed with the door's secret; claims are members beside exp.
func token(claims string) string {
	encode := base64.RawURLEncoding.EncodeToString
	input := encode([]byte(`{"alg":"HS256"}`)) + "." + encode([]byte(fmt.Sprintf(`{"exp":%d%s}`, arrival.Unix()+60, claims)))
	mac := hmac.New(sha256.New, []byte(cozeSecret))
	mac.Write([]byte(input))
	return "Bearer " + input + "." + encode(mac.Sum(nil))
}

// broker is a publisher that stores records, or fails.
type broker struct {
	mu     sync.Mutex
	log    []ingest.Record
	err    error
	silent bool // never answers
}

func (b *broker) Start(r ingest.Record, then func(error)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.silent {
		return
	}
	if b.err == nil {
		b.log = append(b.log, r)
	}
	go then(b.err)
}

// door is a whole handler with a fake broker.
type door struct {
	*broker
	mux *http.ServeMux
}

func newDoor(t testing.TB, change func(*ingest.Options)) *door {
	t.Helper()
	now := func() time.Time { return arrival }
	d := &door{&broker{}, http.NewServeMux()}
	filter, err := dedup.NewFilter(dedup.DefaultConfig(), now)
	must(t, err)
	acceptor, err := ingest.NewAcceptor(d.broker, filter, make([]byte, 32), prometheus.NewRegistry())
	must(t, err)
	cfg := sender.DefaultJWTConfig()
	cfg.Secrets = [][]byte{[]byte(cozeSecret)}
	jwt, err := sender.NewJWT(cfg, now)
	must(t, err)
	keys, err := ingest.NewKeys([]ingest.Key{{Secret: "all", AllShops: true}, {Secret: "one", Shops: []string{"s"}}, {Secret: "two", Shops: []string{"s", "t"}}})
	must(t, err)
	o := ingest.Options{
		Config: ingest.DefaultConfig(), Acceptor: acceptor, Keys: keys, Now: now, Log: slog.New(slog.DiscardHandler),
		Coze: ingest.Source{Name: "coze", Verifier: sender.NewSeed(jwt), Mapper: sender.NewSeedBody("user_id"), DefaultShop: "default"},
		Score: func(_ context.Context, shop, text string) (ingest.Score, error) {
			return ingest.Score{Intent: text, IntentPath: []string{shop}, Entities: []ingest.Entity{{Type: "size", Text: "M"}}, IntentLevel: "high", BuyScore: .7, POrder: .2, ModelID: "m"}, nil
		},
		Intent: func(_ context.Context, s event.Shopper) (ingest.LatestIntent, bool, error) {
			return ingest.LatestIntent{ShopID: s.ShopID, UserID: s.UserID, Intent: "price"}, s.UserID != "nobody", nil
		},
	}
	if change != nil {
		change(&o)
	}
	h, err := ingest.New(o)
	must(t, err)
	h.Register(d.mux)
	return d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (d *door) send(method, path, authorization, body string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", authorization)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	d.mux.ServeHTTP(w, r)
	return w
}

// events are the raw events stored so far, letters the dead ones.
func (d *door) events(t testing.TB) (events []event.Event, letters []event.DeadLetter) {
	t.Helper()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, r := range d.log {
		if r.Topic == event.TopicDeadLetters {
			var l event.DeadLetter
			must(t, json.Unmarshal(r.Value, &l))
			letters = append(letters, l)
			continue
		}
		e, _, err := event.Open(r.Headers, r.Value)
		must(t, err)
		events = append(events, *e)
	}
	return events, letters
}

const cozeBody = `{"user_id":"u","text":"hi","conversation_id":"c"}`

func TestCozeByteForByte(t *testing.T) {
	d := newDoor(t, func(o *ingest.Options) { o.Config.MaxBody = 1000 })
	f := func(auth, body string, status int, answer string, headers ...string) {
		t.Helper()
		w := d.send("POST", "/coze", auth, body, headers...)
		if w.Code != status || w.Body.String() != answer || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%.80s: %d %s %v, want %d %s", body, w.Code, w.Body, w.Header(), status, answer)
		}
	}
	good, shop := token(""), token(`,"shop_id":"s"`)
	f(good, cozeBody, 200, `{}`)
	f(good, cozeBody, 200, `{}`, "Content-Type", "application/json; charset=utf-8")
	f(good, cozeBody, 200, `{}`, "Content-Type", "application/octet-stream")
	f(good, cozeBody, 200, `{}`, "Content-Type", "application/problem+json")
	f("", cozeBody, 401, `{"error":"invalid token"}`)
	f(good+"x", cozeBody, 401, `{"error":"invalid token"}`)
	f("", strings.Repeat("x", 2000), 401, `{"error":"invalid token"}`)
	f(shop, `{"user_id":"u","text":"hi","conversation_id":"c","shop_id":"t"}`, 403, `{"error":"forbidden shop"}`)
	f(shop, `{"shopId":"t"}`, 403, `{"error":"forbidden shop"}`)
	f(good, ``, 400, `{"error":"not json"}`)
	f(good, cozeBody+"x", 400, `{"error":"not json"}`)
	f(good, `{"user_id":"u","user_id":"v"}`, 400, `{"error":"not json"}`)
	f(good, "{\"text\":\"\xff\"}", 400, `{"error":"not json"}`)
	f(good, strings.Repeat("[", 500), 400, `{"error":"not json"}`)
	f(good, strings.Repeat(" ", 1001), 413, `{"error":"body too large"}`)
	for _, kind := range []string{"text/plain", "application/x-www-form-urlencoded", "application/xml", "a/b/c"} {
		f(good, cozeBody, 415, `{"error":"want application/json"}`, "Content-Type", kind)
	}
	f(good, cozeBody, 415, `{"error":"want application/json"}`, "Content-Encoding", "br")

	for _, quarantined := range []string{`[]`, `5`, `null`, `{}`, `{"user_id":"u"}`, `{"user_id":"u","text":5,"conversation_id":"c"}`, `{"user_id":"u","text":"x","conversation_id":"c","from":"robot"}`} {
		f(shop, quarantined, 200, `{}`)
	}
	events, letters := d.events(t)
	if len(events) != 1 || len(letters) != 7 {
		t.Errorf("%d events, %d letters", len(events), len(letters))
	}
	for _, l := range letters {
		if l.ShopID != "s" || l.Type != "message" || l.Source != "coze" || len(l.Bytes) == 0 {
			t.Errorf("letter %+v", l)
		}
	}
	if want := "conversation_id: required"; letters[3].Detail == "" || letters[4].Detail != want {
		t.Errorf("the sender's own name is not in %q, %q", letters[3].Detail, letters[4].Detail)
	}
}

func TestCozeMapsItsBody(t *testing.T) {
	d := newDoor(t, nil)
	f := func(claims, body string, want event.Event) {
		t.Helper()
		if w := d.send("POST", "/coze", token(claims), body); w.Code != 200 {
			t.Fatalf("%s: %d %s", body, w.Code, w.Body)
		}
		events, _ := d.events(t)
		got := events[len(events)-1]
		if want.ID == "" {
			got.ID = ""
		}
		got.Attrs, want.Attrs = nil, nil
		want.Type, want.Channel = event.TypeMessage, "coze"
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("%s:\n got %+v\nwant %+v", body, got, want)
		}
	}
	ms := arrival.UnixMilli()
	f("", cozeBody, event.Event{ShopID: "default", UserID: "u", ConvID: "c", Text: "hi", From: "user", TS: ms})
	f("", `{"user_id":"u","text":"hi","conversation_id":"c","shopId":7}`, event.Event{ShopID: "7", UserID: "u", ConvID: "c", Text: "hi", From: "user", TS: ms})
	f(`,"shop_id":"s"`, cozeBody, event.Event{ShopID: "s", UserID: "u", ConvID: "c", Text: "hi", From: "user", TS: ms})
	f(`,"shop_id":7`, `{"user_id":1,"text":"","conversation_id":2,"message_id":3,"shop_id":"7","ts":1700000000,"from":"bot","bot_id":9,"more":[1]}`,
		event.Event{ID: "3", ShopID: "7", UserID: "1", ConvID: "2", From: "bot", TS: 1_700_000_000_000, BotID: "9"})
	f("", `{"user_id":"u","text":" Test ","conversation_id":"c"}`, event.Event{ShopID: "default", UserID: "u", ConvID: "c", Text: " Test ", From: "user", TS: ms, Test: true})
}

func TestCozeSourceWithAShop(t *testing.T) {
	d := newDoor(t, func(o *ingest.Options) { o.Coze.Shop = "mine" })
	f := func(claims, body string, status int) {
		t.Helper()
		if w := d.send("POST", "/coze", token(claims), body); w.Code != status {
			t.Errorf("claims %s, body %s: %d", claims, body, w.Code)
		}
	}
	f("", cozeBody, 200)
	f(`,"shop_id":"mine"`, cozeBody, 200)
	f(`,"shop_id":"other"`, cozeBody, 403)
	f("", `{"user_id":"u","text":"hi","conversation_id":"c","shop_id":"other"}`, 403)
	if events, _ := d.events(t); len(events) != 1 || events[0].ShopID != "mine" {
		t.Errorf("%+v", events)
	}
}

func message(id, shop string) string {
	return `{"type":"message","event_id":"` + id + `","shop_id":"` + shop + `","user_id":"u","conv_id":"c","from":"user","text":"hi"}`
}

func TestEvents(t *testing.T) {
	d := newDoor(t, nil)
	f := func(key, body, answer string, headers ...string) {
		t.Helper()
		w := d.send("POST", "/v1/events", "Bearer "+key, body, headers...)
		if w.Code != 200 || w.Body.String() != answer {
			t.Errorf("%.100s: %d %s, want %s", body, w.Code, w.Body, answer)
		}
	}
	const ndjson = "application/x-ndjson"
	one, none := `{"accepted":1,"duplicate":0,"rejected":[]}`, `{"accepted":0,"duplicate":0,"rejected":[]}`
	f("all", message("1", "s"), one)
	f("all", message("1", "s"), `{"accepted":0,"duplicate":1,"rejected":[]}`)
	f("all", strings.Replace(message("1", "s"), "hi", "ho", 1), `{"accepted":0,"duplicate":0,"rejected":[{"index":0,"reason":"conflict","detail":"event_id: was accepted with other content before"}]}`)
	f("all", `[]`, none)
	f("all", ` [ `+message("2", "s")+` , `+message("3", "s")+` ] `, `{"accepted":2,"duplicate":0,"rejected":[]}`)
	f("all", message("4", "s")+"\n"+message("5", "s")+"\r\n\n", `{"accepted":2,"duplicate":0,"rejected":[]}`)
	f("all", message("6", "s"), one, "Content-Type", ndjson)
	f("all", ``, none, "Content-Type", ndjson)
	malformed := `{"accepted":1,"duplicate":0,"rejected":[{"index":0,"reason":"malformed","detail":"event: `
	for i, line := range []string{`{"a":1`, `{"a":1,"a":2}`, "{\"a\":\"\xff\"}", `{} {}`} {
		w := d.send("POST", "/v1/events", "Bearer all", line+"\n"+message(fmt.Sprint("line", i), "s"), "Content-Type", ndjson)
		if w.Code != 200 || !strings.HasPrefix(w.Body.String(), malformed) {
			t.Errorf("%s: %d %s", line, w.Code, w.Body)
		}
	}
	f("all", `[5,`+message("7", "s")+`,{"type":"note"}]`, `{"accepted":1,"duplicate":0,"rejected":[`+
		`{"index":0,"reason":"malformed","detail":"event: want an object"},{"index":2,"reason":"unknown_type","detail":"type: want message, order, behavior, exposure, feedback or alias"}]}`)

	var z bytes.Buffer
	zw := gzip.NewWriter(&z)
	_, _ = io.WriteString(zw, message("8", "s"))
	must(t, zw.Close())
	f("all", z.String(), one, "Content-Encoding", "gzip")

	_, before := d.events(t)
	forbidden := func(i int) string {
		return fmt.Sprintf(`{"index":%d,"reason":"forbidden_shop","detail":"shop_id: not one of the key's"}`, i)
	}
	f("one", `[`+message("9", "s")+`,`+message("9", "t")+`]`, `{"accepted":1,"duplicate":0,"rejected":[`+forbidden(1)+`]}`)
	f("two", `[`+message("9", "t")+`,`+message("9", "x")+`]`, `{"accepted":1,"duplicate":0,"rejected":[`+forbidden(1)+`]}`)
	f("one", `{"type":"message"}`, `{"accepted":0,"duplicate":0,"rejected":[{"index":0,"reason":"missing_field","detail":"shop_id: required"}]}`)
	f("one", `{"type":"note","shop_id":"t"}`, `{"accepted":0,"duplicate":0,"rejected":[`+forbidden(0)+`]}`)
	_, letters := d.events(t)
	for i, shop := range []string{"s", "", "s", "s"} {
		if l := letters[len(before)+i]; l.ShopID != shop || l.Source != "events" {
			t.Errorf("letter %d: %+v, want shop %q", i, l, shop)
		}
	}
}

// problem is what clients of /v1 may rely on.
type problem struct {
	Type, Title, Code, Detail string
	Status                    int
}

func TestV1Problems(t *testing.T) {
	d := newDoor(t, func(o *ingest.Options) { o.Config.MaxBody, o.Config.MaxBatch = 1000, 3 })
	f := func(method, path, auth, body string, status int, code string, headers ...string) {
		t.Helper()
		w := d.send(method, path, auth, body, headers...)
		var p problem
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Fatalf("%s: %v in %s", path, err, w.Body)
		}
		if w.Code != status || p.Status != status || p.Code != code || p.Type != "about:blank" || p.Title != http.StatusText(status) || w.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %s %.60q: %d %s, want %d %s", method, path, body, w.Code, w.Body, status, code)
		}
	}
	const events, ndjson = "/v1/events", "application/x-ndjson"
	f("POST", events, "", `[]`, 401, "unauthorized")
	f("POST", events, "Bearer wrong", `[]`, 401, "unauthorized")
	f("POST", events, "Basic all", `[]`, 401, "unauthorized")
	for _, body := range []string{``, `{`, `[`, `[{}`, `[{}]x`, `[{},]`, `{"a":1} {"b":2}`, `{"a":1}x`, "{\n\"a\":1,\n}", `{"a":1,"a":2}`, `[{"a":1,"a":2}]`, "\xff", "[1]\n[2]"} {
		f("POST", events, "Bearer all", body, 400, "not_json")
	}
	f("POST", events, "Bearer all", strings.Repeat(" ", 1001), 413, "too_large")
	f("POST", events, "Bearer all", `[1,2,3,4]`, 413, "too_many_events")
	f("POST", events, "Bearer all", "1\n2\n3\n4", 413, "too_many_events", "Content-Type", ndjson)
	f("POST", events, "Bearer all", `[]`, 415, "unsupported_media_type", "Content-Type", "text/csv")
	f("POST", events, "Bearer all", `[]`, 415, "unsupported_media_type", "Content-Encoding", "zstd")
	f("POST", events, "Bearer all", `[]`, 400, "bad_encoding", "Content-Encoding", "gzip")
	f("GET", events, "Bearer all", ``, 405, "method_not_allowed")
	f("GET", "/v1/nothing", "Bearer all", ``, 404, "not_found")

	f("POST", "/v1/score", "", `{}`, 401, "unauthorized")
	f("POST", "/v1/score", "Bearer all", `{`, 400, "not_json")
	f("POST", "/v1/score", "Bearer all", `[]`, 400, "malformed")
	f("POST", "/v1/score", "Bearer all", `{"text":"x"}`, 400, "missing_field")
	f("POST", "/v1/score", "Bearer all", `{"shop_id":"s"}`, 400, "missing_field")
	f("POST", "/v1/score", "Bearer all", `{"shop_id":"s","text":5}`, 400, "bad_field")
	f("POST", "/v1/score", "Bearer one", `{"shop_id":"t","text":"x"}`, 403, "forbidden_shop")
	f("POST", "/v1/score", "Bearer all", `{}`, 415, "unsupported_media_type", "Content-Type", "text/plain")
	f("GET", "/v1/shoppers/u/intent?shop_id=s", "", ``, 401, "unauthorized")
	f("GET", "/v1/shoppers/u/intent", "Bearer all", ``, 400, "missing_field")
	f("GET", "/v1/shoppers/u/intent?shop_id=t", "Bearer one", ``, 403, "forbidden_shop")
	f("GET", "/v1/shoppers/nobody/intent?shop_id=s", "Bearer one", ``, 404, "no_recent_intent")
}

func TestScoreAndIntent(t *testing.T) {
	d := newDoor(t, nil)
	w := d.send("POST", "/v1/score", "Bearer one", `{"shop_id":"s","text":"price"}`)
	if want := `{"intent":"price","intent_path":["s"],"entities":[{"type":"size","text":"M"}],"intent_level":"high","buyScore":0.7,"p_order":0.2,"model_id":"m"}`; w.Code != 200 || w.Body.String() != want {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	w = d.send("GET", "/v1/shoppers/a%2Fb/intent?shop_id=s", "Bearer one", "")
	if w.Code != 200 || !strings.HasPrefix(w.Body.String(), `{"shop_id":"s","user_id":"a/b","conv_id":"","event_id":"","ts":0,"intent":"price"`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	without := newDoor(t, func(o *ingest.Options) { o.Score, o.Intent = nil, nil })
	if w := without.send("POST", "/v1/score", "Bearer one", `{}`); w.Code != 404 {
		t.Errorf("without a model: %d", w.Code)
	}
}

func TestBrokerAway(t *testing.T) {
	for name, b := range map[string]*broker{"down": {err: errors.New("no leader")}, "silent": {silent: true}} {
		d := newDoor(t, func(o *ingest.Options) {
			o.Config.AckTimeout, o.Config.SpoolShare = 2*time.Millisecond, time.Millisecond
		})
		d.err, d.silent = b.err, b.silent
		w := d.send("POST", "/coze", token(""), cozeBody)
		if w.Code != 503 || w.Body.String() != `{"error":"unavailable"}` || w.Header().Get("Retry-After") != "2" {
			t.Errorf("%s: %d %s %v", name, w.Code, w.Body, w.Header())
		}
		for _, body := range []string{message("1", "s"), `{"type":"note"}`} {
			w = d.send("POST", "/v1/events", "Bearer all", body)
			if w.Code != 503 || !strings.Contains(w.Body.String(), `"code":"unavailable"`) || w.Header().Get("Retry-After") != "2" {
				t.Errorf("%s: %d %s %v", name, w.Code, w.Body, w.Header())
			}
		}
	}
}

func TestGzipBombIsBounded(t *testing.T) {
	var z bytes.Buffer
	zw := gzip.NewWriter(&z)
	_, err := zw.Write(make([]byte, 32<<20))
	must(t, err)
	must(t, zw.Close())
	if z.Len() > 1<<20 {
		t.Fatalf("the bomb itself is %d bytes", z.Len())
	}
	d := newDoor(t, nil)
	if w := d.send("POST", "/v1/events", "Bearer all", z.String(), "Content-Encoding", "gzip"); w.Code != 413 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	cut := z.String()[:z.Len()/1000]
	d = newDoor(t, nil)
	if w := d.send("POST", "/v1/events", "Bearer all", cut, "Content-Encoding", "gzip"); w.Code != 400 {
		t.Errorf("cut short: %d %s", w.Code, w.Body)
	}
}

func TestHeldBytesAreBounded(t *testing.T) {
	entered, release := make(chan struct{}), make(chan struct{})
	d := newDoor(t, func(o *ingest.Options) {
		o.Config.MaxBody, o.Config.MaxHeldBytes = 100, 100
		o.Score = func(context.Context, string, string) (ingest.Score, error) {
			close(entered)
			<-release
			return ingest.Score{}, nil
		}
	})
	done := make(chan int)
	go func() { done <- d.send("POST", "/v1/score", "Bearer all", `{"shop_id":"s","text":"x"}`).Code }()
	<-entered
	if w := d.send("POST", "/v1/events", "Bearer all", strings.Repeat(" ", 90)); w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	close(release)
	if code := <-done; code != 200 {
		t.Errorf("held request: %d", code)
	}
	if w := d.send("POST", "/v1/events", "Bearer all", "[]"+strings.Repeat(" ", 90)); w.Code != 200 {
		t.Errorf("after release: %d %s", w.Code, w.Body)
	}
}

// Requests as a broken or hostile sender writes them on the wire.
func TestOnTheWire(t *testing.T) {
	d := newDoor(t, nil)
	s := httptest.NewServer(d.mux)
	defer s.Close()
	f := func(name, head, body string, status int) {
		t.Helper()
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		must(t, err)
		defer c.Close()
		_, err = io.WriteString(c, "POST /coze HTTP/1.1\r\nHost: x\r\nAuthorization: "+token("")+"\r\nConnection: close\r\n"+head+"\r\n"+body)
		must(t, err)
		must(t, c.(*net.TCPConn).CloseWrite())
		res, err := http.ReadResponse(bufio.NewReader(c), nil)
		must(t, err)
		defer res.Body.Close()
		if res.StatusCode != status {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, status)
		}
	}
	chunk := func(s string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(s), s) }
	size := fmt.Sprintf("Content-Length: %d\r\n", len(cozeBody))
	const chunked = "Transfer-Encoding: chunked\r\n"
	f("whole", size, cozeBody, 200)
	f("truncated", size, cozeBody[:20], 400)
	f("truncated where it is JSON", fmt.Sprintf("Content-Length: %d\r\n", len(cozeBody)+5), cozeBody, 400)
	f("length too short", "Content-Length: 5\r\n", cozeBody, 400)
	f("length too large", "Content-Length: 99999999999\r\n", cozeBody, 413)
	f("length no number", "Content-Length: x\r\n", cozeBody, 400)
	f("no body", "Content-Length: 0\r\n", "", 400)
	f("chunked", chunked, chunk(cozeBody[:9])+chunk(cozeBody[9:])+"0\r\n\r\n", 200)
	f("chunked without end", chunked, chunk(cozeBody), 400)
	f("chunk too large", chunked, strings.Repeat(chunk(strings.Repeat(" ", 64<<10)), 17)+"0\r\n\r\n", 413)
	f("chunk of a lying size", chunked, "zz\r\n{}\r\n0\r\n\r\n", 400)
	f("deep", "Content-Length: 40000\r\n", strings.Repeat("[", 20_000)+strings.Repeat("]", 20_000), 400)
	if events, letters := d.events(t); len(events) != 1 || len(letters) != 0 {
		t.Errorf("%d events, %d letters", len(events), len(letters))
	}
}

// A body that does not come in time is asked for again: a refusal for good
// would lose what a slow line carries.
func TestSlowBody(t *testing.T) {
	s := httptest.NewUnstartedServer(newDoor(t, nil).mux)
	s.Config.ReadTimeout = 50 * time.Millisecond
	s.Start()
	defer s.Close()
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	must(t, err)
	defer c.Close()
	_, err = fmt.Fprintf(c, "POST /coze HTTP/1.1\r\nHost: x\r\nAuthorization: %s\r\nContent-Length: %d\r\n\r\n%s", token(""), len(cozeBody), cozeBody[:9])
	must(t, err)
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	must(t, err)
	defer res.Body.Close()
	if res.StatusCode != http.StatusRequestTimeout {
		t.Errorf("%d", res.StatusCode)
	}
}

func BenchmarkCoze(b *testing.B) {
	d := newDoor(b, nil)
	auth := token(`,"shop_id":"s"`)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		d.log = d.log[:0]
		body := strings.NewReader(`{"user_id":"u_987","text":"有优惠券吗","conversation_id":"c1","message_id":"` + fmt.Sprint(n) + `","ts":1750830000000}`)
		r, _ := http.NewRequest("POST", "/coze", body)
		r.Header["Authorization"] = []string{auth}
		r.Header["Content-Type"] = []string{"application/json"}
		w := nothing{header: http.Header{}}
		d.mux.ServeHTTP(&w, r)
		if w.status > 200 {
			b.Fatal(w.status)
		}
	}
}

// nothing is an answer that nobody reads.
type nothing struct {
	header http.Header
	status int
}

func (w *nothing) Header() http.Header         { return w.header }
func (w *nothing) Write(p []byte) (int, error) { return len(p), nil }
func (w *nothing) WriteHeader(status int)      { w.status = status }
