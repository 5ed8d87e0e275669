package handoffs

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"askbuy/internal/httpserver"
	"askbuy/internal/surrogate"
	"askbuy/reply/conversation"
	"askbuy/schemas/event"
)

// Register adds the desk's routes.
func (d *Desk) Register(mux *http.ServeMux) {
	d.route(mux, "POST", "/conversations/{id}/takeover", d.serveSeedTakeover)
	d.route(mux, "POST", "/v1/handoffs", d.serveTakeover)
	d.route(mux, "GET", "/v1/handoffs", d.serveList)
	d.route(mux, "POST", "/v1/handoffs/{id}/messages", d.serveMessage)
	d.route(mux, "POST", "/v1/handoffs/{id}/close", d.serveClose)
	for path, allow := range map[string]string{
		"/conversations/{id}/takeover": "POST", "/v1/handoffs": "GET, POST", "/v1/handoffs/{id}/messages": "POST", "/v1/handoffs/{id}/close": "POST",
	} {
		mux.Handle(path, httpserver.Handler(d.Log, httpserver.NotAllowed(allow)))
	}
}

// speaker is for which shops a request speaks.
type speaker func(shop string) bool

func (d *Desk) route(mux *http.ServeMux, method, path string, f func(http.ResponseWriter, *http.Request, speaker) error) {
	mux.Handle(method+" "+path, httpserver.Handler(d.Log, func(w http.ResponseWriter, r *http.Request) error {
		shops := d.Keys.Shops(r.Header)
		if shops == nil {
			return httpserver.Problem(http.StatusUnauthorized, "unauthorized", "want Authorization: Bearer <API key>")
		}
		return f(w, r, shops)
	}))
}

const (
	maxBody = 128 << 10 // bytes
	maxText = 64 << 10
	maxID   = 256
	// within is how long a request other than a takeover may take.
	within = 1500 * time.Millisecond
)

// readBody reads a JSON object strictly, but for members of later versions.
func readBody(w http.ResponseWriter, r *http.Request, into any) error {
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	switch {
	case errors.As(err, new(*http.MaxBytesError)):
		return httpserver.Problem(http.StatusRequestEntityTooLarge, "too_large", "want at most 128 KiB")
	case err != nil:
		return httpserver.Problem(http.StatusBadRequest, "malformed", "the body cannot be read")
	case len(raw) == 0:
		return nil
	}
	if err := json.Unmarshal(surrogate.Mend(raw), into); err != nil {
		return httpserver.Problem(http.StatusBadRequest, "malformed", "want a JSON object of the documented members")
	}
	return nil
}

// serveTakeover is POST /v1/handoffs.
func (d *Desk) serveTakeover(w http.ResponseWriter, r *http.Request, shops speaker) error {
	var body struct {
		ShopID string `json:"shop_id"`
		ConvID string `json:"conv_id"`
		UserID string `json:"user_id"`
		Agent  string `json:"agent"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	return d.answerTakeover(w, r, shops, body.ShopID, body.UserID, body.ConvID, body.Agent)
}

// serveSeedTakeover is the seed's name for it.
func (d *Desk) serveSeedTakeover(w http.ResponseWriter, r *http.Request, shops speaker) error {
	q := r.URL.Query()
	return d.answerTakeover(w, r, shops, q.Get("shop_id"), q.Get("user_id"), r.PathValue("id"), q.Get("agent"))
}

func (d *Desk) answerTakeover(w http.ResponseWriter, r *http.Request, shops speaker, shop, user, conv, agent string) error {
	for name, value := range map[string]string{"shop_id": shop, "user_id": user, "conv_id": conv, "agent": agent} {
		if len(value) > maxID || !utf8.ValidString(value) {
			return httpserver.Problem(http.StatusBadRequest, "bad_field", name+": want at most 256 bytes of UTF-8")
		}
	}
	if conv == "" {
		return httpserver.Problem(http.StatusBadRequest, "missing_field", "conv_id: required")
	}
	s, err := d.whose(r.Context(), shops, shop, user, conv)
	if err != nil {
		return err
	}
	state, err := d.takeOver(r.Context(), s, conv, agent)
	if err != nil {
		return err
	}
	_, id := state.Mode()
	return httpserver.JSON(w, packageOf(s, state, state.Handoff(id)))
}

// whose finds the shopper of a conversation. Who names shop and shopper need
// not wait until anything of them is known.
func (d *Desk) whose(ctx context.Context, shops speaker, shop, user, conv string) (event.Shopper, error) {
	if shop != "" && !shops(shop) {
		return event.Shopper{}, httpserver.Problem(http.StatusForbidden, "forbidden_shop", "shop_id: the key does not speak for this shop")
	}
	if shop != "" && user != "" {
		return event.Shopper{ShopID: shop, UserID: user}, nil
	}
	found := d.inConversation(ctx, conv, func(s event.Shopper) bool {
		return shops(s.ShopID) && (shop == "" || s.ShopID == shop) && (user == "" || s.UserID == user)
	})
	switch len(found) {
	case 0:
		d.metrics.takeovers.WithLabelValues(takeoverUnknown).Inc()
		return event.Shopper{}, httpserver.Problem(http.StatusNotFound, "unknown_conversation", "conv_id: no such conversation of the last hours; give shop_id and user_id for an older one")
	case 1:
		return found[0], nil
	}
	return event.Shopper{}, httpserver.Problem(http.StatusConflict, "ambiguous_conversation", "conv_id: several shoppers have it; give shop_id and user_id")
}

// How long a conversation may take to be known, and how often it is looked for:
// a person may take over one whose first words were answered just now.
const (
	knownWithin = time.Second
	lookEvery   = 20 * time.Millisecond
)

// inConversation are the shoppers of a conversation that are asked for. It waits
// for the first of them to be known.
func (d *Desk) inConversation(ctx context.Context, conv string, meant func(event.Shopper) bool) []event.Shopper {
	ctx, cancel := context.WithTimeout(ctx, knownWithin)
	defer cancel()
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		found := slices.DeleteFunc(d.Book.InConversation(conv), func(s event.Shopper) bool { return !meant(s) })
		if len(found) > 0 {
			return found
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// listed is a package and its place in the list.
type listed struct {
	Package
	place string
}

const (
	listAtOnce  = 100
	listAtMost  = 500
	placeFormat = 20 // digits of a time
)

// serveList is GET /v1/handoffs: the angry first, then by the time of the call.
func (d *Desk) serveList(w http.ResponseWriter, r *http.Request, shops speaker) error {
	q := r.URL.Query()
	state, after, limit := q.Get("state"), q.Get("after"), listAtOnce
	if !slices.Contains([]string{"", string(conversation.StatePending), string(conversation.StateHuman), string(conversation.StateClosed)}, state) {
		return httpserver.Problem(http.StatusBadRequest, "bad_field", "state: want pending, human or closed")
	}
	if text := q.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > listAtMost {
			return httpserver.Problem(http.StatusBadRequest, "bad_field", "limit: want 1 to 500")
		}
		limit = n
	}
	if !d.Book.Ready() {
		return notReady()
	}
	var all []listed
	d.Book.Handed(func(s event.Shopper, known *conversation.State) {
		if !shops(s.ShopID) || q.Get("shop_id") != "" && q.Get("shop_id") != s.ShopID {
			return
		}
		for i := range known.Handoffs {
			h := &known.Handoffs[i]
			if place := placeOf(h); (state == "" || state == string(h.State())) && place > after && (h.Open() || h.EndedAt() != 0) {
				all = append(all, listed{packageOf(s, known, h), place})
			}
		}
	})
	slices.SortFunc(all, func(a, b listed) int { return cmp.Compare(a.place, b.place) })
	answer := struct {
		Handoffs []Package `json:"handoffs"`
		Next     string    `json:"next"`
	}{Handoffs: []Package{}}
	for n, p := range all {
		if n == limit {
			answer.Next = all[n-1].place
			break
		}
		answer.Handoffs = append(answer.Handoffs, p.Package)
	}
	return httpserver.JSON(w, answer)
}

func notReady() error {
	return httpserver.Problem(http.StatusServiceUnavailable, "not_ready", "conversations are still being read").Later(time.Second)
}

// placeOf orders handoffs as text does.
func placeOf(h *conversation.Handoff) string {
	at := strconv.FormatInt(max(0, h.FirstAt), 10)
	return string(rune('a'+pressing(h.Reason))) + strings.Repeat("0", max(0, placeFormat-len(at))) + at + h.ID
}

// find finds a handoff of the shops that a request speaks for.
func (d *Desk) find(shops speaker, id string) (s event.Shopper, state *conversation.State, h *conversation.Handoff, err error) {
	if !d.Book.Ready() {
		return s, nil, nil, notReady()
	}
	d.Book.Handed(func(of event.Shopper, known *conversation.State) {
		if found := known.Handoff(id); h == nil && found != nil && shops(of.ShopID) {
			s, state, h = of, known, found
		}
	})
	if h == nil {
		return s, nil, nil, httpserver.Problem(http.StatusNotFound, "unknown_handoff", "no such handoff of the last hours")
	}
	return s, state, h, nil
}

// serveMessage is POST /v1/handoffs/{id}/messages: an agent's words. Who writes
// to a shopper whom nobody took over takes over.
func (d *Desk) serveMessage(w http.ResponseWriter, r *http.Request, shops speaker) error {
	var body struct {
		Text      string `json:"text"`
		Agent     string `json:"agent"`
		MessageID string `json:"message_id"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	switch {
	case strings.TrimSpace(body.Text) == "":
		return httpserver.Problem(http.StatusBadRequest, "missing_field", "text: required")
	case len(body.Text) > maxText || len(body.MessageID) > maxID/2 || len(body.Agent) > maxID:
		return httpserver.Problem(http.StatusBadRequest, "bad_field", "text: want at most 64 KiB, message_id 128 bytes, agent 256 bytes")
	}
	s, state, h, err := d.find(shops, r.PathValue("id"))
	if err != nil {
		return err
	}
	if h.State() == conversation.StateClosed {
		return httpserver.Problem(http.StatusConflict, "closed", "the bot has the conversation back: take it over first")
	}
	if h.State() == conversation.StatePending { // the bot is silent before a person speaks
		if state, err = d.takeOver(r.Context(), s, h.Conv, body.Agent); err != nil {
			return err
		}
	}
	said := d.words(s, state, h, body.Text, cmp.Or(body.MessageID, d.ID()))
	if err := d.Record(time.Now().Add(within), said); err != nil {
		return httpserver.Problem(http.StatusServiceUnavailable, "not_durable", "the words are not known to be stored: send them again with the same message_id").Later(tryAgain).Because(err)
	}
	d.settle(r.Context(), func() bool { return d.Book.State(s).Said(said.ID) })
	return httpserver.JSON(w, struct {
		MessageID string `json:"message_id"`
	}{said.ID})
}

// words are an agent's, in the conversation that the shopper is in.
func (d *Desk) words(s event.Shopper, state *conversation.State, h *conversation.Handoff, text, id string) event.Event {
	return event.Event{
		Type: event.TypeMessage, ID: "agent:" + id, ShopID: s.ShopID, UserID: s.UserID, ConvID: cmp.Or(state.Turn().ConvID, h.Conv),
		TS: d.Now().UnixMilli(), From: event.RoleAgent, Text: text, Channel: conversation.Channel, Test: h.Test,
	}
}

// serveClose is POST /v1/handoffs/{id}/close: the bot has the shopper back.
func (d *Desk) serveClose(w http.ResponseWriter, r *http.Request, shops speaker) error {
	var body struct {
		Agent string `json:"agent"`
	}
	if err := readBody(w, r, &body); err != nil {
		return err
	}
	s, state, h, err := d.find(shops, r.PathValue("id"))
	if err != nil {
		return err
	}
	var events []event.Event
	for i := range state.Handoffs {
		if open := &state.Handoffs[i]; open.Open() {
			events = append(events, d.step(s, open.Conv, open.Test, event.Handoff{ID: open.ID, Step: event.HandoffClosed, Agent: body.Agent}))
		}
	}
	if len(events) > 0 {
		if err := d.Record(time.Now().Add(within), events...); err != nil {
			return httpserver.Problem(http.StatusServiceUnavailable, "not_durable", "the closing is not known to be stored: try again").Later(tryAgain).Because(err)
		}
	}
	d.settle(r.Context(), always)
	return httpserver.JSON(w, struct {
		HandoffID string                    `json:"handoff_id"`
		State     conversation.HandoffState `json:"state"`
	}{h.ID, conversation.StateClosed})
}

// settle waits a moment until this replica knows what it just recorded, so that
// whoever asks it next sees it: the steps of handoffs, and what known asks for.
// What is recorded is, whether or not it does.
func (d *Desk) settle(ctx context.Context, known func() bool) {
	ctx, cancel := context.WithTimeout(ctx, d.patience)
	defer cancel()
	err := d.Book.Settle(ctx)
	for err == nil {
		changed := d.Book.Changed() // before known looks, so that no change is missed
		if known() {
			return
		}
		select {
		case <-ctx.Done():
			err = ctx.Err()
		case <-changed:
		}
	}
	d.Log.Debug("what was recorded at the desk is not read here yet", "err", err)
}

// always is known once the handoffs are read.
func always() bool { return true }
