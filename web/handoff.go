package web

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// handoff is the body of the page of one handoff: what is known of it, the
// conversation, and what an operator can do.
type handoff struct {
	Found    bool
	Shop, ID string
	User     string
	Conv     string
	Facts    []fact
	Turns    []turn
	Take     figure  // the messages, to take along
	Again    string  // this page
	Acts     bool    // the visitor may act, and there is a desk
	MayNot   string  // why not: a text of the catalogue
	Open     bool    // nobody gave it back
	Pending  bool    // nobody took it
	Taking   *taking // of a closed one: to take it over again
	Told     *failure
	Text     string // what was not sent
	Message  string // id of what is sent next: sent again, it arrives once
}

func handoffAddress(shop, id string) string {
	return "/handoff?" + url.Values{"shop_id": {shop}, "handoff_id": {id}}.Encode()
}

func conversationAddress(shop, conv, user string) string {
	return "/conversation?" + url.Values{"shop_id": {shop}, "conv_id": {conv}, "user_id": {user}}.Encode()
}

// handoffPage shows one handoff as it stands now.
func handoffPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	q := v.url.Query()
	return d.handoff(ctx, v, q.Get("shop_id"), q.Get("handoff_id"))
}

// handoff is what the warehouse says of one, and over it what the desk knows:
// a handoff is in the warehouse for ever, and at the desk at once.
func (d *Dashboard) handoff(ctx context.Context, v *visit, shop, id string) (*handoff, error) {
	body := &handoff{Shop: shop, ID: id}
	if shop == "" || id == "" {
		return body, nil
	}
	a, err := d.ask(ctx, v, "handoffs", "shop_id", shop, "handoff_id", id)
	if err != nil {
		return nil, err
	}
	h, known := d.handoffsNow(ctx, v)[handoffKey{shop, id}]
	if !known && len(a.Rows) == 0 {
		return body, nil
	}
	if len(a.Rows) > 0 {
		h.fill(a)
	}
	body.Found, body.User, body.Conv, body.Again = true, h.User, h.Conv, handoffAddress(shop, id)
	body.Open, body.Pending = h.State != "closed", h.State == "pending"
	body.Facts = d.handoffFacts(v, h)
	if err := d.handoffTurns(ctx, v, body, h); err != nil {
		return nil, err
	}
	switch {
	case !v.person.May(RoleOperator):
		body.MayNot = "handoff.may_not"
	case d.deps.Desk == nil:
		body.MayNot = "handoff.no_desk"
	default:
		body.Acts = true
		if !body.Open {
			body.Taking = &taking{h.Shop, h.User, h.Conv}
		}
	}
	body.Message, err = d.sessions.secret()
	return body, err
}

// fill adds what the desk does not say: it forgets after hours.
func (h *Handoff) fill(a *answer) {
	h.Shop, h.ID, h.User, h.Conv = a.text(0, "shop_id"), a.text(0, "handoff_id"), a.text(0, "user_id"), cmp.Or(h.Conv, a.text(0, "conv_id"))
	h.Reason, h.State, h.Agent = cmp.Or(h.Reason, a.text(0, "reason")), cmp.Or(h.State, a.text(0, "state")), cmp.Or(h.Agent, a.text(0, "agent"))
	if h.BuyScore == nil {
		h.BuyScore = a.number(0, "buy_score")
	}
	if h.RequestedAt.IsZero() {
		h.RequestedAt, h.EndsAt = a.time(0, "requested_at"), a.time(0, "closed_at")
	}
}

func (d *Dashboard) handoffFacts(v *visit, h Handoff) []fact {
	list := []fact{
		{"column.state", words(v.t("handoff." + h.State))}, {"column.reason", words(handoffReason(v, h.Reason))}, {"column.requested_at", words(moment(h.RequestedAt, v.filter.Zone))},
		{"column.shop_id", words(h.Shop)}, {"column.user_id", words(h.User)}, {"column.conv_id", cell{Text: h.Conv, Href: conversationAddress(h.Shop, h.Conv, h.User)}},
		{"column.buy_score", words(number(h.BuyScore, 3))}, {"column.agent", words(cmp.Or(h.Agent, nothing))},
	}
	if h.State == "pending" {
		list = slices.Insert(list, 1, fact{"column.waited_seconds", words(span(v.lang, d.deps.Now().Sub(h.RequestedAt)))})
	}
	if !h.TakenAt.IsZero() {
		list = append(list, fact{"column.taken_at", words(moment(h.TakenAt, v.filter.Zone))})
	}
	if !h.EndsAt.IsZero() {
		list = append(list, fact{"column.closed_at", words(moment(h.EndsAt, v.filter.Zone))})
	}
	if h.Intent != "" {
		list = append(list, fact{"column.intent", words(d.name(v, Intent, h.Intent))})
	}
	if h.Segment != "" {
		list = append(list, fact{"column.segment", words(nameOr(v, "segment."+h.Segment, h.Segment))})
	}
	for _, name := range slices.Sorted(maps.Keys(h.Profile)) {
		value := h.Profile[name]
		key, text := "profile."+name, trimZeros(number(&value, 2))
		if !known(key) { // a figure that is newer than the catalogue
			key, text = "profile.other", name+" "+text
		}
		list = append(list, fact{key, words(text)})
	}
	return list
}

// nameOr is a text of the catalogue; of what is newer than it, its own
// name.
func nameOr(v *visit, key, plain string) string {
	if known(key) {
		return v.t(key)
	}
	return plain
}

// handoffTurns are the conversation as it is stored, and what the desk knows
// beyond it.
func (d *Dashboard) handoffTurns(ctx context.Context, v *visit, body *handoff, h Handoff) error {
	a, err := d.ask(ctx, v, "messages", "shop_id", h.Shop, "conv_id", h.Conv, "user_id", h.User, "as_of", stamp(d.deps.Now()))
	if err != nil {
		return err
	}
	body.Turns = d.turns(v, a)
	body.Take.take(a, v, "shop_id", h.Shop, "conv_id", h.Conv, "user_id", h.User)
	stored := time.Time{}
	if n := len(a.Rows); n > 0 {
		stored = a.time(n-1, "ts")
	}
	for _, said := range h.Last {
		if said.At.After(stored) {
			body.Turns = append(body.Turns, turn{Role: v.t("from." + said.From), Class: said.From, At: moment(said.At, v.filter.Zone), Text: said.Text})
		}
	}
	return nil
}

// actTimeout is how long the desk may take: a takeover waits for replies that
// are on their way.
const actTimeout = 5 * time.Second

// act does something with a handoff of a form, then shows it as it stands: as
// a page of its own, or, when it did not succeed, with what to do about it.
func (d *Dashboard) act(name string, do func(ctx context.Context, v *visit, form url.Values) (handoff string, err error)) handler {
	return d.submit(actTimeout, func(ctx context.Context, v *visit, form url.Values) (string, error) {
		shop, id := form.Get("shop_id"), form.Get("handoff_id")
		if id != "" {
			if err := d.owned(ctx, shop, id); err != nil {
				return "", err
			}
		}
		id, err := do(ctx, v, form)
		if err != nil {
			return "", err
		}
		d.deps.Log.Info("a handoff was acted on", "name", v.person.Name, "act", name, "shop", shop, "handoff", id)
		return handoffAddress(shop, id), nil
	}, d.showHandoff)
}

// owned makes sure that a handoff is of the shop that the form names: ids alone
// are not.
func (d *Dashboard) owned(ctx context.Context, shop, id string) error {
	list, err := d.deps.Desk.Handoffs(ctx, shop)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(h Handoff) bool { return h.Shop == shop && h.ID == id }) {
		return &failure{status: http.StatusNotFound, key: "error.no_handoff"}
	}
	return nil
}

// showHandoff is the page with what went wrong, and the words that were not
// sent under the id that they had.
func (d *Dashboard) showHandoff(w http.ResponseWriter, r *http.Request, v *visit, told *failure) error {
	shop, id := r.PostForm.Get("shop_id"), r.PostForm.Get("handoff_id")
	if id == "" { // of a conversation that nobody called for
		return told
	}
	v.url = &url.URL{Path: "/handoff", RawQuery: url.Values{"shop_id": {shop}, "handoff_id": {id}}.Encode()}
	b, err := d.bar(r.Context(), v, v.url.Query())
	if err != nil {
		return err
	}
	body, err := d.handoff(r.Context(), v, shop, id)
	if err != nil {
		return err
	}
	body.Told, body.Text = told, r.PostForm.Get("text")
	body.Message = cmp.Or(r.PostForm.Get("message_id"), body.Message)
	return d.renderTold(w, v, page{name: "handoff", fixed: true}, b, told, body)
}

func (d *Dashboard) takeHandoff(ctx context.Context, v *visit, form url.Values) (string, error) {
	return d.deps.Desk.Take(ctx, form.Get("shop_id"), form.Get("user_id"), form.Get("conv_id"), v.person.Name)
}

func (d *Dashboard) sayToShopper(ctx context.Context, v *visit, form url.Values) (string, error) {
	id := form.Get("handoff_id")
	return id, d.deps.Desk.Say(ctx, id, form.Get("text"), form.Get("message_id"), v.person.Name)
}

func (d *Dashboard) giveBack(ctx context.Context, v *visit, form url.Values) (string, error) {
	id := form.Get("handoff_id")
	return id, d.deps.Desk.GiveBack(ctx, id, v.person.Name)
}
