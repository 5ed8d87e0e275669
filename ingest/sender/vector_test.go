package sender

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"askbuy/ingest"
	"askbuy/schemas/event"
)

var update = flag.Bool("update", false, "write what the mappers make of the vectors into them, to be read before it is committed")

// vector is a request with the proof of another program than ours, and what
// it comes to.
type vector struct {
	Kind    string            `json:"kind"`
	Source  string            `json:"source"` // who made the signature
	Now     int64             `json:"now"`    // s
	Secrets []string          `json:"secrets"`
	Keys    map[string]string `json:"keys,omitempty"`
	Options map[string]string `json:"options,omitempty"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Events  []json.RawMessage `json:"events,omitempty"`
	Faults  []string          `json:"faults,omitempty"`
	Ignored string            `json:"ignored,omitempty"`
	Refused string            `json:"refused,omitempty"`
}

func (v *vector) config() Config {
	return Config{Secrets: v.Secrets, Keys: v.Keys, Options: v.Options, Now: func() time.Time { return time.Unix(v.Now, 0) }}
}

func (v *vector) header() http.Header {
	h := http.Header{}
	for name, value := range v.Headers {
		h.Set(name, value)
	}
	return h
}

func (v *vector) delivery() ingest.Delivery {
	return ingest.Delivery{
		Header: v.header(), Body: []byte(v.Body), Arrival: time.Unix(v.Now, 0), Grant: ingest.Grant{Shop: "1024"}, MaxEvents: 100,
	}
}

// prove takes every step of a verification.
func prove(v Verifier, h http.Header, body string) error {
	proof, err := v.Verify(h)
	if err == nil && proof.Body != nil {
		err = proof.Body([]byte(body))
	}
	return err
}

func read(t testing.TB, path string) *vector {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var v vector
	if err := json.Unmarshal(content, &v); err != nil {
		t.Fatal(path, err)
	}
	return &v
}

// vectors are those of every kind, by file.
func vectors(t testing.TB) map[string]*vector {
	t.Helper()
	all := map[string]*vector{}
	for _, kind := range Names() {
		files, err := filepath.Glob("testdata/" + kind + "/*.json")
		if err != nil || len(files) == 0 {
			t.Fatal(kind, "has no vectors", err)
		}
		for _, file := range files {
			all[file] = read(t, file)
		}
	}
	return all
}

func TestVectors(t *testing.T) {
	for file, v := range vectors(t) {
		s, err := New(v.Kind, v.config())
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := prove(s, v.header(), v.Body); err != nil {
			t.Errorf("%s: %v", file, err)
		}
		got := *v
		got.Events, got.Faults = nil, nil
		m := s.Map(v.delivery())
		got.Ignored, got.Refused = m.Ignored, m.Refused()
		for i := range m.Items {
			got.note(t, &m.Items[i])
		}
		if *update {
			write(t, file, &got)
		} else if a, b := text(t, &got), text(t, v); a != b {
			t.Errorf("%s: got\n%s\nwant\n%s", file, a, b)
		}
	}
}

func (v *vector) note(t *testing.T, item *ingest.Item) {
	t.Helper()
	if item.Fault != nil {
		v.Faults = append(v.Faults, item.Fault.Error())
		return
	}
	e, err := event.Encode(&item.Event)
	if err != nil {
		t.Fatal(err)
	}
	v.Events = append(v.Events, e)
}

func text(t *testing.T, v *vector) string {
	t.Helper()
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	if err := e.Encode(v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func write(t *testing.T, file string, v *vector) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text(t, v)), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestAttacks holds the same attacks against every vector.
func TestAttacks(t *testing.T) {
	for file, v := range vectors(t) {
		if strings.HasSuffix(file, "/ping.json") {
			continue // is not signed
		}
		a := attack{t: t, file: file, v: v}
		a.run()
	}
}

type attack struct {
	t    *testing.T
	file string
	v    *vector
}

// signatures are the headers that hold one.
var signatures = map[string]bool{
	"Authorization": true, "X-Coze-Signature": true, "Webhook-Signature": true, "Svix-Signature": true, "X-Shopify-Hmac-Sha256": true,
	"X-Wc-Webhook-Signature": true, "Wechatpay-Signature": true, "X-Shop-Signature": true, "X-Hub-Signature-256": true,
}

// covered are the other headers that a signature covers or needs.
var covered = map[string]bool{
	"X-Coze-Timestamp": true, "X-Coze-Nonce": true, "Webhook-Id": true, "Webhook-Timestamp": true, "Svix-Id": true, "Svix-Timestamp": true,
	"Wechatpay-Timestamp": true, "Wechatpay-Nonce": true, "Wechatpay-Serial": true, "X-Shop-Time": true,
}

func (a attack) refused(name string, cfg Config, h http.Header, body string) {
	a.t.Helper()
	s, err := New(a.v.Kind, cfg)
	if err != nil {
		a.t.Fatalf("%s: %s: %v", a.file, name, err)
	}
	err = prove(s, h, body)
	if denied := (*Denied)(nil); !errors.As(err, &denied) || !errors.Is(err, ErrInvalidToken) {
		a.t.Errorf("%s: %s: accepted, or the error tells no step: %v", a.file, name, err)
	} else if denied.Why == "" || denied.Step == "" {
		a.t.Errorf("%s: %s: says no reason: %v", a.file, name, err)
	}
}

func (a attack) run() {
	v := a.v
	cfg := v.config()
	a.bodies(cfg)
	a.clock()
	for name := range v.header() {
		if !signatures[name] && !covered[name] {
			continue
		}
		h := v.header()
		h.Del(name)
		a.refused("without "+name, cfg, h, v.Body)
		h = v.header()
		h.Set(name, "")
		a.refused("with an empty "+name, cfg, h, v.Body)
		h = v.header()
		h.Add(name, h.Get(name))
		a.refused("with "+name+" twice", cfg, h, v.Body)
		h = v.header()
		h.Set(name, h.Get(name)+"0")
		a.refused("with a longer "+name, cfg, h, v.Body)
		if signatures[name] {
			a.spellings(cfg, name)
		}
	}
	other := v.config()
	switch v.Kind {
	case "wechatpay": // its secret is for what the body hides
		other.Keys = map[string]string{"5157F09EFDC096": read(a.t, "testdata/wechatpay-sdk/notify.json").Keys["D7CE59D1F522D701"]}
	case "standard-webhooks":
		other.Secrets = []string{"whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}
	default:
		other.Secrets = []string{strings.Repeat("x", 32), strings.Repeat("y", 32)}
	}
	a.refused("with other secrets", other, v.header(), v.Body)
}

// bodies are changed ones; a bearer token that is for any body cannot tell.
func (a attack) bodies(cfg Config) {
	if a.v.Kind == "jwt" && a.v.Options[optBound] == "" {
		return
	}
	for _, body := range []string{"", a.v.Body[1:], a.v.Body + " ", a.v.Body + "\n", " " + a.v.Body, a.v.Body + a.v.Body, strings.Replace(a.v.Body, "1", "2", 1) + "\x00"} {
		a.refused("with another body", cfg, a.v.header(), body)
	}
}

// clock moves ours beyond what is allowed, where the time is signed.
func (a attack) clock() {
	s, err := New(a.v.Kind, a.v.config())
	if err != nil {
		a.t.Fatal(err)
	}
	for _, step := range s.Steps() {
		if step != StepFreshness {
			continue
		}
		for _, seconds := range []int64{301, -301, 1 << 40} {
			moved := *a.v
			moved.Now += seconds
			a.refused("stale", moved.config(), a.v.header(), a.v.Body)
		}
		for _, seconds := range []int64{299, -299} {
			moved := *a.v
			moved.Now += seconds
			s, err := New(moved.Kind, moved.config())
			if err != nil {
				a.t.Fatal(err)
			}
			if err := prove(s, moved.header(), moved.Body); err != nil {
				a.t.Errorf("%s: not taken %d s later: %v", a.file, seconds, err)
			}
		}
	}
}

// spellings are other writings of the same signature, and parts of it.
func (a attack) spellings(cfg Config, name string) {
	good := a.v.header().Get(name)
	lead := good[:strings.LastIndexAny(strings.TrimRight(good, "="), ", =")+1]
	bare := strings.TrimPrefix(good, lead)
	for _, changed := range []string{
		strings.TrimRight(bare, "="), bare + "=", bare + "==", bare + " x", strings.NewReplacer("+", "-", "/", "_").Replace(bare),
		bare[:len(bare)-2], bare[1:], bare[:4] + "\n" + bare[4:], "\r\n" + bare, strings.Repeat("0", len(bare)), strings.Repeat("A", 1<<16),
	} {
		if changed == bare {
			continue
		}
		h := a.v.header()
		h.Set(name, lead+changed)
		if s, err := New(a.v.Kind, cfg); err != nil {
			a.t.Fatal(err)
		} else if strings.HasPrefix(changed, bare+" ") && a.v.Kind == "standard-webhooks" {
			if err := prove(s, h, a.v.Body); err != nil { // a list, of which one is good
				a.t.Errorf("%s: %q: %v", a.file, changed, err)
			}
			continue
		}
		a.refused("spelled "+changed[:min(len(changed), 90)], cfg, h, a.v.Body)
	}
}
