package reply

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"askbuy/models/faq"
	"askbuy/models/intent"
	"askbuy/reply/turn"
	"askbuy/schemas/event"
	"askbuy/schemas/schematest"
)

// rig is a service whose records end in memory.
type rig struct {
	*Service
	t   testing.TB
	mux *http.ServeMux

	mu      sync.Mutex
	events  []Sent
	refuse  error
	unknown error // why it cannot be known who has a conversation
	states  map[event.Shopper]turn.State
	now     time.Time
}

type shipped struct{}

func (shipped) Now(context.Context) (intent.Scorer, error) { return intent.Default(), nil }

// entries answers with one FAQ for all shops.
type entries struct{ *faq.Index }

func (e entries) Nearest(_, text string, k int) []faq.Match { return e.Index.Nearest(text, k) }

func newFAQ(t testing.TB, list ...faq.Entry) entries {
	t.Helper()
	index, err := faq.New(list)
	if err != nil {
		t.Fatal(err)
	}
	return entries{index}
}

var returns = faq.Entry{ID: "returns", Questions: []string{"怎么退货"}, Answer: "签收七天内可以无理由退货。运费由买家承担,质量问题由我们承担。请在订单页申请,审核后把商品寄回,收到后三日内退款。", Language: "zh"}

func newRig(t testing.TB, change ...func(*Config, *Deps)) *rig {
	t.Helper()
	r := &rig{t: t, states: map[event.Shopper]turn.State{}, now: time.UnixMilli(1_800_000_000_000), mux: http.NewServeMux()}
	c := DefaultConfig()
	d := Deps{
		Accept: r.accept, Mask: func(s string) string { return strings.ReplaceAll(s, "13812345678", "[phone]") }, Models: shipped{},
		Conversations: r, Rungs: []Rung{{Step: FAQ{newFAQ(t, returns)}}}, Key: make([]byte, minKey),
		Log: slog.New(slog.DiscardHandler), Now: func() time.Time { r.mu.Lock(); defer r.mu.Unlock(); return r.now },
	}
	for _, f := range change {
		f(&c, &d)
	}
	var err error
	if r.Service, err = New(c, d); err != nil {
		t.Fatal(err)
	}
	r.Register(r.mux)
	return r
}

func (r *rig) accept(_, _ time.Time, events []Sent) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.refuse == nil {
		r.events = append(r.events, events...)
	}
	return r.refuse
}

// Get is of Conversations.
func (r *rig) Get(s event.Shopper) (turn.State, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.states[s], nil
}

// Note is of Conversations.
func (r *rig) Note(d turn.Done) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.states[d.Turn.Shopper] = r.states[d.Turn.Shopper].After(d)
}

// MaySpeak is of Conversations.
func (r *rig) MaySpeak(_ context.Context, s event.Shopper) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.states[s].Mode != turn.ModeHuman, r.unknown
}

func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
}

// recorded takes what was recorded since the last time.
func (r *rig) recorded() []event.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	var events []event.Event
	for _, e := range r.events {
		events = append(events, e.Event)
	}
	r.events = nil
	return events
}

// post sends a body as shopper u of app wx1; an empty header leaves one out.
func (r *rig) post(path, body string, headers ...string) *httptest.ResponseRecorder {
	q := httptest.NewRequest("POST", path, strings.NewReader(body))
	q.Header.Set(headerApp, "wx1")
	q.Header.Set(headerUser, "u")
	for n := 0; n < len(headers); n += 2 {
		q.Header.Set(headers[n], headers[n+1])
		if headers[n+1] == "" {
			q.Header.Del(headers[n])
		}
	}
	w := httptest.NewRecorder()
	r.mux.ServeHTTP(w, q)
	if w.Code != http.StatusMethodNotAllowed {
		schematest.Described(r.t, "POST", path, w.Code, w.Header(), w.Body.Bytes())
	}
	return w
}

// chat asks a question and wants an answer.
func (r *rig) chat(t testing.TB, query string, headers ...string) (reply string, h http.Header) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	w := r.post("/chat", string(body), headers...)
	raw, _ := io.ReadAll(w.Body)
	var answer struct {
		Reply string `json:"reply"`
	}
	if err := json.Unmarshal(raw, &answer, json.RejectUnknownMembers(true)); w.Code != http.StatusOK || err != nil {
		t.Fatalf("%d %s: %v", w.Code, raw, err)
	}
	return answer.Reply, w.Header()
}

// step is a step made of a function.
type step func(context.Context, *turn.Turn) (turn.Reply, bool)

func (f step) Answer(ctx context.Context, t *turn.Turn) (turn.Reply, bool) { return f(ctx, t) }

// says is a step that always answers.
func says(text string, route turn.Route) step {
	return func(context.Context, *turn.Turn) (turn.Reply, bool) {
		return turn.Reply{Text: text, Route: route}, true
	}
}
