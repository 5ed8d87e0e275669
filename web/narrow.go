package web

import (
	"context"
	"net/url"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"askbuy/web/questions"
)

// choices are values of one parameter to switch between.
type choices struct {
	Label   string
	Options []choice
}

type choice struct {
	Text, Href string
	Current    bool
}

// chip is a parameter that narrows a page, and the page without it.
type chip struct{ Text, Href string }

// since says how much a list has and what has arrived for it since.
type since struct {
	Text string
	More string // "" when nothing has
	Href string // the same list as of now
}

// with is this page with some names changed: pairs of name and value, an empty
// value leaves the name out. It begins at the first page of a list.
func (v *visit) with(pairs ...string) string {
	q := url.Values{}
	for name, values := range v.url.Query() {
		if name != "page" && name != "lang" {
			q[name] = values
		}
	}
	for pair := range slices.Chunk(pairs, 2) {
		if q.Del(pair[0]); pair[1] != "" {
			q.Set(pair[0], pair[1])
		}
	}
	if len(q) == 0 {
		return v.url.Path
	}
	return v.url.Path + "?" + q.Encode()
}

// behind is the page of the rows behind a number: all that narrows this page
// and that the question takes goes along, and the moment.
func (v *visit) behind(path, question string, pairs ...string) string {
	q, err := questions.Find(question)
	if err != nil {
		panic("web: " + err.Error()) // every page is made in tests
	}
	given := v.given(q, pairs...)
	given.Del("page")
	given.Del("sort")
	return path + "?" + given.Encode()
}

// choose offers the values of a parameter; the first is the default.
func (v *visit) choose(param string, values ...string) choices {
	c := choices{Label: v.t("choose." + param)}
	current := v.url.Query().Get(param)
	if !slices.Contains(values, current) {
		current = values[0]
	}
	for _, value := range values {
		c.Options = append(c.Options, choice{Text: v.t("choice." + param + "." + value), Href: v.with(param, value), Current: value == current})
	}
	return c
}

// narrowing are the parameters that chips show.
var narrowing = []string{"step", "orders", "within_hours", "at_risk_hours", "compared", "intent", "bot_id", "coupon", "experiment", "variant", "exposed_on", "contaminated", "bin", "model_id", "user_id", "order_id", "topic", "source", "outcome"}

// chips are what narrows this page, each with a way to be rid of it.
func (d *Dashboard) chips(v *visit, question string) (list []chip) {
	q, err := questions.Find(question)
	if err != nil {
		panic("web: " + err.Error()) // every page is made in tests
	}
	for _, name := range narrowing {
		if value := v.url.Query().Get(name); value != "" && q.Takes(name) {
			list = append(list, chip{v.t("chip."+name) + ": " + d.valueName(v, name, value), v.with(name, "")})
		}
	}
	return list
}

// valueName is what people call the value of a parameter.
func (d *Dashboard) valueName(v *visit, param, value string) string {
	switch {
	case value == questions.None:
		return v.t("none.value")
	case param == "intent":
		return d.name(v, Intent, value)
	case param == "step" && known("step."+value):
		return stepName(v, value)
	case param == "compared":
		return v.t("choice.compared." + value)
	case param == "outcome" && known("column."+value):
		return v.t("column." + value)
	case param == "bin":
		return binOf(value)
	case param == "orders" && known("choice.orders."+value):
		return v.t("choice.orders." + value)
	}
	return value
}

// maxAtOnce is how many questions of one page the warehouse answers at once.
const maxAtOnce = 3

// askAll puts several questions.
func (d *Dashboard) askAll(ctx context.Context, v *visit, names ...string) (map[string]*answer, error) {
	all := map[string]*answer{}
	var mu sync.Mutex
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxAtOnce)
	for _, name := range names {
		group.Go(func() error {
			a, err := d.ask(ctx, v, name)
			mu.Lock()
			defer mu.Unlock()
			all[name] = a
			return err
		})
	}
	return all, group.Wait()
}

// sinceOf reads the columns that every total has.
func (v *visit) sinceOf(total *answer, text string) *since {
	s := &since{Text: text}
	if n := total.count(0, "messages_since"); n > 0 {
		s.More, s.Href = v.t("since.more", count(n), count(total.count(0, "conversations_since"))), v.with("as_of", "")
	}
	return s
}
