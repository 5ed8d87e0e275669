// Package doortest is a door for tests of the simulator: it takes requests as
// the contract says, keeps what it took in memory, and shares nothing with the
// real one. Behind it there is no pipeline.
package doortest

import (
	"bytes"
	"compress/gzip"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"askbuy/schemas/event"
)

// Door is the handler. Set its fields before it serves.
type Door struct {
	APIKey, CozeSecret string
	Now                func() time.Time
	// Flaw is asked at each request with its number: 0 lets it be; a status is
	// answered in place of the work; Lost does the work and answers 503.
	Flaw func(n int) int

	mu       sync.Mutex
	requests int
	first    map[identity]int // index in Events
	noTS     map[int]bool
	letters  map[string]bool // reason and event, as they came

	Events    []event.Event // first copies
	Letters   []Letter
	Conflicts map[string]int64 // by topic
}

// Lost is the flaw of a request that is worked off though its answer is lost.
const Lost = -1

// Letter is an event that was set aside.
type Letter struct {
	Reason  event.Reason
	ShopID  string
	EventID string
}

type identity struct {
	shop  string
	kind  event.Type
	owner string
	id    string
}

func (d *Door) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.requests++
	flaw := 0
	if d.Flaw != nil {
		flaw = d.Flaw(d.requests)
	}
	if flaw > 0 {
		w.WriteHeader(flaw)
		return
	}
	status, answer := d.serve(req)
	if flaw == Lost {
		status, answer = http.StatusServiceUnavailable, ""
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, answer)
}

const mostBody = 1 << 20

func (d *Door) serve(req *http.Request) (int, string) {
	body, err := io.ReadAll(io.LimitReader(req.Body, mostBody+1))
	if err != nil || len(body) > mostBody {
		return http.StatusRequestEntityTooLarge, ""
	}
	if req.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(bytes.NewReader(body))
		if err != nil {
			return http.StatusBadRequest, ""
		}
		body, _ = io.ReadAll(z)
	}
	token := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
	if req.URL.Path == "/coze" {
		return d.coze(token, body)
	}
	if token != d.APIKey {
		return http.StatusUnauthorized, ""
	}
	return d.batch(req.Header.Get("Content-Type"), body)
}

// coze takes one message.
func (d *Door) coze(token string, body []byte) (int, string) {
	shop, ok := d.claim(token)
	if !ok {
		return http.StatusUnauthorized, `{"error":"invalid token"}`
	}
	var f object
	if json.Unmarshal(body, &f) != nil {
		return http.StatusBadRequest, ""
	}
	r := reader{f: f}
	if said := r.id("shop_id"); shop != "" && said != "" && said != shop {
		return http.StatusForbidden, ""
	}
	if shop == "" {
		shop = r.id("shop_id")
	}
	set := func(name, value string) { f[name], _ = json.Marshal(value) }
	if !f.has("from") {
		set("from", "user")
	}
	set("type", "message")
	set("shop_id", shop)
	set("channel", "coze")
	set("event_id", r.id("message_id"))
	if r.id("message_id") == "" {
		set("event_id", fmt.Sprintf("%x", sha256.Sum256(fmt.Appendf(nil, "%s %s %s %s %s", f["user_id"], f["conversation_id"], f["from"], f["text"], f["ts"])))[:16])
	}
	set("conv_id", r.id("conversation_id"))
	raw, _ := json.Marshal(f)
	d.take(raw, body)
	return http.StatusOK, "{}"
}

// claim checks a token and gives its shop.
func (d *Door) claim(token string) (string, bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", false
	}
	mac := hmac.New(sha256.New, []byte(d.CozeSecret))
	mac.Write([]byte(parts[0] + "." + parts[1]))
	signature, _ := base64.RawURLEncoding.DecodeString(parts[2])
	claims, _ := base64.RawURLEncoding.DecodeString(parts[1])
	var c struct {
		Exp  int64  `json:"exp"`
		Shop string `json:"shop_id"`
	}
	ok := hmac.Equal(mac.Sum(nil), signature) && json.Unmarshal(claims, &c) == nil && time.Unix(c.Exp, 0).After(d.Now())
	return c.Shop, ok
}

// batch takes what came to /v1/events.
func (d *Door) batch(contentType string, body []byte) (int, string) {
	var raws []jsontext.Value
	switch {
	case contentType == "application/x-ndjson":
		for line := range bytes.Lines(body) {
			raws = append(raws, jsontext.Value(bytes.TrimSpace(line)))
		}
	case !jsontext.Value(body).IsValid():
		return http.StatusBadRequest, ""
	case body[0] == '[':
		if json.Unmarshal(body, &raws) != nil {
			return http.StatusBadRequest, ""
		}
	default:
		raws = []jsontext.Value{body}
	}
	type rejected struct {
		Index  int          `json:"index"`
		Reason event.Reason `json:"reason"`
	}
	var out struct {
		Accepted  int        `json:"accepted"`
		Duplicate int        `json:"duplicate"`
		Rejected  []rejected `json:"rejected"`
	}
	for i, raw := range raws {
		switch again, reason := d.take(raw, raw); {
		case reason != "":
			out.Rejected = append(out.Rejected, rejected{i, reason})
		case again:
			out.Duplicate++
		default:
			out.Accepted++
		}
	}
	answer, _ := json.Marshal(out)
	return http.StatusOK, string(answer)
}

// take judges one event: new, a duplicate, or set aside with a reason.
func (d *Door) take(raw, sent []byte) (duplicate bool, reason event.Reason) {
	if d.first == nil {
		d.first, d.noTS = map[identity]int{}, map[int]bool{}
		d.letters, d.Conflicts = map[string]bool{}, map[string]int64{}
	}
	e, noTS, reason := Decode(raw, d.Now().UnixMilli())
	if reason != "" {
		d.aside(reason, sent, &e)
		return false, reason
	}
	id := identity{e.ShopID, e.Type, e.Owner(), e.ID}
	i, known := d.first[id]
	if !known {
		d.first[id], d.noTS[len(d.Events)] = len(d.Events), noTS
		d.Events = append(d.Events, e)
		return false, ""
	}
	if noTS || d.noTS[i] {
		e.TS = d.Events[i].TS
	}
	if reflect.DeepEqual(e, d.Events[i]) {
		return true, ""
	}
	d.Conflicts[e.Type.Topic()]++
	d.aside(event.ReasonConflict, sent, &e)
	return false, event.ReasonConflict
}

// aside keeps a letter, unless an equal one is kept.
func (d *Door) aside(reason event.Reason, sent []byte, e *event.Event) {
	canonical := jsontext.Value(bytes.Clone(sent))
	_ = canonical.Canonicalize() // bytes that are no JSON are compared as they are
	if key := string(reason) + string(canonical); !d.letters[key] {
		d.letters[key] = true
		letter := Letter{Reason: reason}
		if reason != event.ReasonMalformed {
			letter.ShopID, letter.EventID = e.ShopID, e.ID
		}
		d.Letters = append(d.Letters, letter)
	}
}
