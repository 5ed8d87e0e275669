package questions

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Param is a parameter of questions, named as the bi column that it filters.
type Param struct {
	Name    string
	Type    string // of ClickHouse
	About   string
	Allowed []string // nil: any text of at most MaxText characters, or what Type says
	Default string   // "": the question is asked without it
	Max     int      // greatest whole number
	Most    int      // longest text, in characters; 0: MaxText
}

// None stands for the empty value in a filter: an empty parameter is no filter.
const None = "-"

// MaxText is the longest text of a parameter, in characters; MaxDays the longest range of days; MaxPage the
// farthest page.
const (
	MaxText  = 256
	MaxDays  = 400
	MaxPage  = 1000
	MaxLimit = 1000
)

// maxAhead is how far the clock of a link may be ahead of this one.
const maxAhead = time.Minute

const (
	dayType  = "Date"
	timeType = "DateTime64(3, 'UTC')"
	textType = "String"
	intType  = "UInt32"
)

// timeLayout is how a moment stands in a link and in JSON.
const timeLayout = "2006-01-02T15:04:05.000Z"

var params = []Param{
	{Name: "shop_id", Type: textType, About: "shop; without it, all shops of the viewer together"},
	{Name: "from", Type: dayType, About: "first day, in the time zone of the shop; 6 days before `to` by default"},
	{Name: "to", Type: dayType, About: "last day; today by default"},
	{Name: "channel", Type: textType, About: "channel; - for none"},
	{Name: "intent", Type: textType, About: "topic of the conversation; - for none"},
	{Name: "bot_id", Type: textType, About: "bot; - for none"},
	{Name: "coupon", Type: textType, About: "coupon of the order, of a conversation's first order; - for none"},
	{Name: "step", Type: textType, Allowed: stepNames(), About: "only the conversations that reached a step"},
	{Name: "within_hours", Type: intType, Max: 8784, About: "only conversations that ordered at most so many hours after high intent"},
	{Name: "at_risk_hours", Type: intType, Max: 168, About: "only conversations that had not ordered so many hours after high intent, and could still be seen"},
	{Name: "compared", Type: textType, Allowed: []string{"now", "before"}, About: "only the days that are closed in the period and in the one before: those of the period, or those before"},
	{Name: "by", Type: textType, Allowed: []string{"intent", "channel", "bot_id", "coupon"}, Default: "intent", About: "what the rows are cut by"},
	{Name: "unit", Type: textType, Allowed: []string{"conversations", "shoppers"}, Default: "conversations", About: "what the steps count"},
	{Name: "net", Type: textType, Allowed: []string{"no", "yes"}, Default: "no", About: "yes: only orders with a net amount above 0 count as orders"},
	{Name: "model", Type: textType, Allowed: []string{"last_touch", "first_touch", "linear", "position", "time_decay"}, Default: "last_touch", About: "attribution model"},
	{Name: "window_hours", Type: intType, Max: 8784, Default: "72", About: "attribution window in hours"},
	{Name: "orders", Type: textType, Allowed: orderStepNames(), About: "only orders in a state; credited: some conversation has credit by model and window_hours"},
	{Name: "conv_id", Type: textType, About: "conversation"},
	{Name: "user_id", Type: textType, About: "shopper"},
	{Name: "order_id", Type: textType, About: "order"},
	{Name: "model_id", Type: textType, About: "model that scores"},
	{Name: "bin", Type: textType, Allowed: bins(), About: "of the probability: bin b holds b / 20 to (b + 1) / 20"},
	{Name: "experiment", Type: textType, About: "experiment"},
	{Name: "variant", Type: textType, About: "variant of an experiment"},
	{Name: "exposed_on", Type: dayType, About: "only shoppers first exposed on this day (UTC)"},
	{Name: "contaminated", Type: textType, Allowed: []string{"yes"}, About: "only shoppers who saw several variants"},
	{Name: "state", Type: textType, Allowed: []string{"pending", "human", "closed"}, About: "of a handoff"},
	{Name: "handoff_id", Type: textType, About: "handoff"},
	{Name: "text", Type: textType, About: "wording of a question, as it stands in bi.messages"},
	{Name: "texts", Type: textType, Most: 64 << 10, About: "wordings of one question, a JSON array of texts as they stand in bi.messages"},
	{Name: "topic", Type: textType, About: "raw topic"},
	{Name: "source", Type: textType, About: "door; - for none"},
	{Name: "outcome", Type: textType, Allowed: []string{"stored", "duplicate", "conflict", "quarantined", "erased"}, About: "what became of a record"},
	{Name: "stage", Type: textType, Allowed: []string{"ingest", "process", "sink"}, About: "where it was set aside"},
	{Name: "reason", Type: textType, About: "why it was set aside"},
	{Name: "sort", Type: textType, Allowed: []string{"newest", "score", "amount"}, Default: "newest", About: "what comes first"},
	{Name: "as_of", Type: timeType, About: "only what had arrived by this moment, UTC; the moment up to which everything is stored by default"},
	{Name: "page", Type: intType, Max: MaxPage, Default: "1", About: "page, from 1"},
	{Name: "limit", Type: intType, Max: MaxLimit, Default: "50", About: "rows of a page"},
}

// bins of the reliability diagram.
func bins() (names []string) {
	for b := range 20 {
		names = append(names, strconv.Itoa(b))
	}
	return names
}

// Params lists every parameter there is.
func Params() []Param { return slices.Clone(params) }

// FindParam gives the parameter of a name.
func FindParam(name string) (Param, bool) {
	i := slices.IndexFunc(params, func(p Param) bool { return p.Name == name })
	if i < 0 {
		return Param{}, false
	}
	return params[i], true
}

// Args are checked parameters of a question, by name. Only Parse makes them.
type Args map[string]string

// Refused is a parameter that is out of range, or what may not be asked.
type Refused struct {
	Param, Rule string
	// Forbidden: the viewer may not, whatever the value.
	Forbidden bool
}

// Error names the parameter and the rule.
func (r *Refused) Error() string { return r.Param + ": " + r.Rule }

// Scope is what a viewer may see.
type Scope struct {
	All   bool     // every shop, and what belongs to none
	Shops []string // otherwise these
}

// May is whether a shop is in the scope.
func (s Scope) May(shop string) bool { return s.All || slices.Contains(s.Shops, shop) }

// Parse checks the parameters of a request against a question and completes them. asOf is the moment up to which
// everything is stored, zone that of the viewer's shop. Parameters that the question does not take are refused,
// so that nobody believes in a filter that is none; all problems are told at once.
func Parse(q Question, given url.Values, scope Scope, asOf time.Time, zone *time.Location) (Args, error) {
	args := Args{}
	var problems []error
	for name, values := range given {
		if err := args.take(q, name, values); err != nil {
			problems = append(problems, err)
		}
	}
	if err := checkScope(q, args, scope); err != nil {
		problems = append(problems, err)
	}
	if len(problems) == 0 {
		problems = append(problems, args.complete(q, asOf, zone))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return args, nil
}

// take checks one parameter. An empty one is not given.
func (a Args) take(q Question, name string, values []string) error {
	p, known := FindParam(name)
	switch {
	case !known || !q.Takes(name):
		return &Refused{Param: name, Rule: fmt.Sprintf("%s does not take it", q.Name)}
	case len(values) > 1:
		return &Refused{Param: name, Rule: "may be given once"}
	case values[0] == "":
		return nil
	}
	value, err := p.check(values[0])
	if err == nil {
		a[name] = value
	}
	return err
}

func (p Param) check(value string) (string, error) {
	refuse := func(format string, args ...any) (string, error) {
		return "", &Refused{Param: p.Name, Rule: fmt.Sprintf(format, args...)}
	}
	switch {
	case len(p.Allowed) > 0 && !slices.Contains(p.Allowed, value):
		return refuse("want one of %s", strings.Join(p.Allowed, ", "))
	case p.Type == dayType:
		if at, err := time.Parse(time.DateOnly, value); err != nil || at.Year() < 1970 || at.Year() > 2148 {
			return refuse("%q is no day from 1970 to 2148: write it as 2026-11-21", value)
		}
	case p.Type == timeType:
		at, err := time.Parse(time.RFC3339, value)
		if err != nil || at.Year() < 1970 || at.Year() > 2148 {
			return refuse("%q is no moment: write it as 2026-11-21T10:00:00.000Z", value)
		}
		return at.UTC().Format(timeLayout), nil
	case p.Type == intType:
		if n, err := strconv.Atoi(value); err != nil || n < 1 || n > p.Max {
			return refuse("want a whole number from 1 to %d", p.Max)
		}
	case !utf8.ValidString(value) || utf8.RuneCountInString(value) > p.longest() || strings.ContainsRune(value, 0):
		return refuse("want at most %d characters of UTF-8", p.longest())
	}
	return value, nil
}

// longest is the length of the longest text, in characters.
func (p Param) longest() int { return cmp.Or(p.Most, MaxText) }

func checkScope(q Question, a Args, scope Scope) error {
	shop := a["shop_id"]
	switch {
	case q.AllShops && !scope.All:
		return &Refused{Param: "shop_id", Rule: q.Name + " belongs to no shop: it is for users of all shops", Forbidden: true}
	case shop != "" && !scope.May(shop):
		return &Refused{Param: "shop_id", Rule: fmt.Sprintf("%q is none of your shops", shop), Forbidden: true}
	}
	return nil
}

// complete fills in what was left open, and looks at how days lie to each other.
func (a Args) complete(q Question, asOf time.Time, zone *time.Location) error {
	for _, p := range q.AllParams() {
		if a[p.Name] == "" && p.Default != "" {
			a[p.Name] = p.Default
		}
	}
	if q.Takes("as_of") && a["as_of"] == "" {
		a["as_of"] = asOf.UTC().Format(timeLayout)
	}
	if a["as_of"] > asOf.Add(maxAhead).UTC().Format(timeLayout) {
		return &Refused{Param: "as_of", Rule: a["as_of"] + " is to come: windows would count as closed that are open"}
	}
	if !q.Takes("from") {
		return nil
	}
	return a.completeDays(asOf.In(zone))
}

func (a Args) completeDays(now time.Time) error {
	if a["to"] == "" {
		a["to"] = now.Format(time.DateOnly)
	}
	to, _ := time.Parse(time.DateOnly, a["to"]) // checked, or just written
	if a["from"] == "" {
		a["from"] = to.AddDate(0, 0, -6).Format(time.DateOnly)
	}
	from, _ := time.Parse(time.DateOnly, a["from"])
	switch days := int(to.Sub(from).Hours()/24) + 1; {
	case days < 1:
		return &Refused{Param: "from", Rule: fmt.Sprintf("%s is after `to`, %s: swap them", a["from"], a["to"])}
	case days > MaxDays:
		return &Refused{Param: "from", Rule: fmt.Sprintf("%d days are more than %d: choose a shorter range", days, MaxDays)}
	}
	return nil
}

// Values are the arguments as a query string has them.
func (a Args) Values() url.Values {
	v := url.Values{}
	for name, value := range a {
		v.Set(name, value)
	}
	return v
}
