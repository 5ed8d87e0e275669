package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json"

	"askbuy/web/questions"
)

// knowledge is the body of the page of questions that nobody answered.
type knowledge struct {
	Intro    string
	Pending  []pendingQuestion
	More     string // how many there are, when not all are shown
	MayAct   bool
	MayNot   string // why not: a text of the catalogue
	Done     string // what was just done: a text of the catalogue
	Told     *failure
	Figures  []figure
	Before   string
	Next     string
	Empty    bool
	Messages bool // the figure is of the messages behind a number
	Total    questions.Total
	Since    string // how many messages there are
}

// pendingQuestion is a question with what a reviewer needs.
type pendingQuestion struct {
	ID, Shop, Text, Language string
	Asked, First, Last       string
	Behind                   string // leads to the messages that asked it
	Wordings                 []cell
	Near                     *NearEntry
	NearScore                string
	Answer                   string // what stands in the field
}

// knowledgePage is the queue; with a wording in its address, the messages that
// are counted for it.
func knowledgePage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	switch q := v.url.Query(); {
	case q.Get("text") != "":
		return d.unansweredMessages(ctx, v, q.Get("text"))
	case q.Get("question_id") != "":
		return d.questionMessages(ctx, v, q.Get("question_id"))
	}
	body, err := d.knowledge(ctx, v)
	if err == nil && slices.Contains([]string{"approved", "rejected"}, v.url.Query().Get("done")) {
		body.Done = "knowledge.done." + v.url.Query().Get("done")
	}
	return body, err
}

// questionMessages are the messages of all wordings of a question.
func (d *Dashboard) questionMessages(ctx context.Context, v *visit, id string) (*knowledge, error) {
	if d.deps.Desk == nil {
		return nil, errNoPage
	}
	waiting, err := d.unanswered(ctx, v)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(waiting.list, func(q Unanswered) bool { return q.ID == id })
	if i < 0 {
		return nil, &failure{status: http.StatusNotFound, key: "error.no_question"}
	}
	q := waiting.list[i]
	texts, err := json.Marshal(q.Wordings)
	if err != nil {
		return nil, fmt.Errorf("write wordings: %w", err)
	}
	body, err := d.unansweredMessages(ctx, v, q.Text, "shop_id", q.Shop, "texts", string(texts))
	if err == nil && body.Total.Rows < q.Asked {
		body.Figures[0].Note = v.t("knowledge.messages.more", count(q.Asked), count(int64(len(q.Wordings))))
	}
	return body, err
}

func (d *Dashboard) unansweredMessages(ctx context.Context, v *visit, title string, pairs ...string) (*knowledge, error) {
	l, err := d.askList(ctx, v, "unanswered_messages", nil, pairs...)
	if err != nil {
		return nil, err
	}
	a := l.answer
	f := figure{ID: "messages", Title: v.t("knowledge.messages", title), Whole: true}
	f.Table.Head = []cell{words(v.t("column.ts")), words(v.t("column.shop_id")), words(v.t("column.conv_id")), words(v.t("column.user_id")), words(v.t("column.text")), words(v.t("column.route"))}
	for row := range a.Rows {
		at := conversationAddress(a.text(row, "shop_id"), a.text(row, "conv_id"), a.text(row, "user_id"))
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(moment(a.time(row, "ts"), v.filter.Zone)), words(a.text(row, "shop_id")), {Text: a.text(row, "conv_id"), Href: at}, words(a.text(row, "user_id")), words(a.text(row, "text")), words(nameOr(v, "route."+a.text(row, "route"), a.text(row, "route"))),
		})
	}
	f.take(a, v, pairs...)
	body := &knowledge{Messages: true, Figures: []figure{f}, Total: l.Total, Since: v.t("knowledge.messages.total", l.rows())}
	body.Before, body.Next = pageLinks(v, len(a.Rows))
	return body, nil
}

func (d *Dashboard) knowledge(ctx context.Context, v *visit) (*knowledge, error) {
	said, err := d.askAll(ctx, v, "unanswered")
	if err != nil {
		return nil, err
	}
	wordings := said["unanswered"]
	body := &knowledge{Intro: v.t("knowledge.intro"), Empty: len(wordings.Rows) == 0}
	switch {
	case d.deps.Desk == nil:
		body.MayNot = "handoff.no_desk"
	case !v.person.May(RoleOperator):
		body.MayNot = "knowledge.may_not"
	default:
		body.MayAct = true
	}
	if d.deps.Desk != nil {
		waiting, err := d.unanswered(ctx, v)
		if err != nil {
			if body.Told, _ = declinedFailure(err); body.Told == nil {
				return nil, err
			}
		}
		body.show(v, waiting, wordings)
	}
	if !body.Empty {
		body.Figures = []figure{wordingsFigure(v, wordings)}
		body.Before, body.Next = pageLinks(v, len(wordings.Rows))
	}
	return body, nil
}

// show lays out what waits; the count of each wording is that of the answer
// below, whose rows it leads to.
func (body *knowledge) show(v *visit, waiting waitingQuestions, wordings *answer) {
	asked := map[[2]string]int64{}
	for row := range wordings.Rows {
		asked[[2]string{wordings.text(row, "shop_id"), wordings.text(row, "text")}] = wordings.count(row, "asked")
	}
	for _, q := range waiting.list {
		one := pendingQuestion{
			Behind: "/knowledge?" + url.Values{"shop_id": {q.Shop}, "question_id": {q.ID}}.Encode(),
			ID:     q.ID, Shop: q.Shop, Text: q.Text, Language: q.Language, Asked: count(q.Asked), First: moment(q.First, v.filter.Zone), Last: moment(q.Last, v.filter.Zone), Near: q.Near,
		}
		for _, text := range q.Wordings {
			c := words(text)
			if n := asked[[2]string{q.Shop, text}]; n > 0 {
				c = wordingCell(v, q.Shop, text, n)
				c.Text, c.Small = text, count(n)
			}
			one.Wordings = append(one.Wordings, c)
		}
		if q.Near != nil {
			one.NearScore = number(&q.Near.Score, 2)
		}
		body.Pending = append(body.Pending, one)
	}
	if n := int64(len(waiting.list)); n < waiting.n {
		body.More = v.t("knowledge.more", count(n), count(waiting.n))
	}
	body.Empty = body.Empty && len(body.Pending) == 0
}

// wordingCell leads to the messages that a count is of; those with texts longer
// than an address may have are in the CSV.
func wordingCell(v *visit, shop, text string, n int64) cell {
	if utf8.RuneCountInString(text) > questions.MaxText {
		return digits(count(n))
	}
	return linked(count(n), "/knowledge?"+url.Values{"shop_id": {shop}, "text": {text}}.Encode())
}

func wordingsFigure(v *visit, a *answer) figure {
	f := figure{ID: "wordings", Title: v.t("knowledge.wordings"), Note: v.t("knowledge.wordings.note")}
	f.Table.Head = []cell{words(v.t("column.text")), words(v.t("column.shop_id")), digits(v.t("column.asked")), words(v.t("column.first_at")), words(v.t("column.last_at"))}
	for row := range a.Rows {
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(a.text(row, "text")), words(a.text(row, "shop_id")), wordingCell(v, a.text(row, "shop_id"), a.text(row, "text"), a.count(row, "asked")),
			words(moment(a.time(row, "first_at"), v.filter.Zone)), words(moment(a.time(row, "last_at"), v.filter.Zone)),
		})
	}
	f.take(a, v)
	return f
}

// waitingQuestions are the first of those that wait, and how many do.
type waitingQuestions struct {
	list []Unanswered
	n    int64
}

// unanswered asks the desk for the shops that somebody looks at.
func (d *Dashboard) unanswered(ctx context.Context, v *visit) (all waitingQuestions, err error) {
	shops := v.filter.Shops
	if len(shops) == 0 {
		shops = []string{""}
	}
	for _, shop := range shops {
		list, n, err := d.deps.Desk.Unanswered(ctx, shop)
		if err != nil {
			return all, err
		}
		all.list, all.n = append(all.list, list...), all.n+n
	}
	slices.SortStableFunc(all.list, func(a, b Unanswered) int { return cmp.Compare(b.Asked, a.Asked) })
	d.waiting.keep(v, d.deps.Now(), all.n)
	return all, nil
}

// waitingCounts remember how many questions wait, for the first page: to count
// them takes longer than it may.
type waitingCounts struct {
	mu   sync.Mutex
	held map[string]waitingCount // by shops
}

type waitingCount struct {
	n  int64
	at time.Time
}

const (
	// waitingLives is how long a count is shown before it is made anew.
	waitingLives = 30 * time.Second
	// waitingPatience is how long the first page waits for one.
	waitingPatience = 300 * time.Millisecond
)

func (w *waitingCounts) keep(v *visit, now time.Time, n int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.held == nil {
		w.held = map[string]waitingCount{}
	}
	w.held[strings.Join(v.filter.Shops, "\x00")] = waitingCount{n, now}
}

func (w *waitingCounts) find(v *visit) (waitingCount, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, known := w.held[strings.Join(v.filter.Shops, "\x00")]
	return c, known
}

// unansweredCount is how many questions wait; known is false while nobody can
// say so in time.
func (d *Dashboard) unansweredCount(ctx context.Context, v *visit) (n int64, known bool) {
	if d.deps.Desk == nil {
		return 0, false
	}
	held, known := d.waiting.find(v)
	if known && d.deps.Now().Sub(held.at) < waitingLives {
		return held.n, true
	}
	ctx, cancel := context.WithTimeout(ctx, waitingPatience)
	defer cancel()
	fresh, err := d.unanswered(ctx, v)
	if err != nil {
		d.deps.Log.Warn("unanswered questions cannot be counted for the first page", "err", err)
		return held.n, known
	}
	return fresh.n, true
}

// review decides about a question of a form, then shows the queue without it.
func (d *Dashboard) review(done string, decide func(ctx context.Context, v *visit, form url.Values) error) handler {
	return d.submit(d.config.QueryTimeout, func(ctx context.Context, v *visit, form url.Values) (string, error) {
		shop, id := form.Get("shop_id"), form.Get("id")
		if err := d.waits(ctx, shop, id); err != nil {
			return "", err
		}
		if err := d.deps.Record(ctx, Look{At: d.deps.Now(), Name: v.person.Name, Kind: "question_" + done, Shop: shop, Of: id}); err != nil {
			return "", err
		}
		if err := decide(ctx, v, form); err != nil {
			return "", err
		}
		d.deps.Log.Info("a question was reviewed", "name", v.person.Name, "done", done, "shop", shop, "question", id)
		d.waiting.forget()
		return "/knowledge?" + url.Values{"done": {done}, "shop_id": {form.Get("filter")}}.Encode(), nil
	}, d.showKnowledge)
}

func (w *waitingCounts) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	clear(w.held)
}

// waits makes sure that a question is of the shop that the form names.
func (d *Dashboard) waits(ctx context.Context, shop, id string) error {
	list, _, err := d.deps.Desk.Unanswered(ctx, shop)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(list, func(q Unanswered) bool { return q.Shop == shop && q.ID == id }) {
		return &failure{status: http.StatusNotFound, key: "error.no_question"}
	}
	return nil
}

// showKnowledge is the page with what went wrong, and the answer that was not
// taken in its field.
func (d *Dashboard) showKnowledge(w http.ResponseWriter, r *http.Request, v *visit, told *failure) error {
	v.url = &url.URL{Path: "/knowledge", RawQuery: url.Values{"shop_id": {r.PostForm.Get("filter")}}.Encode()}
	b, err := d.bar(r.Context(), v, v.url.Query())
	if err != nil {
		return err
	}
	body, err := d.knowledge(r.Context(), v)
	if err != nil {
		return err
	}
	body.Told = told
	for i := range body.Pending {
		if body.Pending[i].ID == r.PostForm.Get("id") {
			body.Pending[i].Answer = r.PostForm.Get("answer")
		}
	}
	return d.renderTold(w, v, page{name: "knowledge", now: true}, b, told, body)
}

func (d *Dashboard) approve(ctx context.Context, v *visit, form url.Values) error {
	return d.deps.Desk.Approve(ctx, form.Get("id"), Approval{Answer: strings.TrimSpace(form.Get("answer")), Entry: form.Get("entry_id"), By: v.person.Name})
}

func (d *Dashboard) reject(ctx context.Context, v *visit, form url.Values) error {
	return d.deps.Desk.Reject(ctx, form.Get("id"), v.person.Name)
}
