package web

import (
	"context"
	"time"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"
)

// funnelSum is what conversations became, added up over some of them.
type funnelSum struct {
	conversations, high, hits, kept, ordered, low int64
	net                                           decimal.Decimal
	currency                                      string
	mixed                                         bool     // of several currencies: there is no net
	maturity                                      *float64 // of one row; below 1 the window is open
}

// funnelRow reads one row of the questions on conversations.
func funnelRow(a *answer, row int) funnelSum {
	s := funnelSum{
		conversations: a.count(row, "conversations"), high: a.count(row, "high_intent"), hits: a.count(row, "high_intent_ordered"),
		kept: a.count(row, "high_intent_kept"), ordered: a.count(row, "ordered"), low: a.count(row, "low_intent_ordered"),
		currency: a.text(row, "currency"), maturity: a.number(row, "maturity"),
	}
	net, told := a.money(row, "net_amount")
	s.net, s.mixed = net, !told
	return s
}

// open reports whether some attribution window is not over.
func (s funnelSum) open() bool { return s.maturity != nil && *s.maturity < 1 }

func (s *funnelSum) add(o funnelSum) {
	s.conversations += o.conversations
	s.high += o.high
	s.hits += o.hits
	s.kept += o.kept
	s.ordered += o.ordered
	s.low += o.low
	s.net = s.net.Add(o.net)
	s.currency, s.mixed = o.currency, s.mixed || o.mixed
}

// amount is what was kept, in short and in full.
func (s funnelSum) amount(l Lang) (brief, full string) {
	if s.mixed {
		return nothing, nothing
	}
	return shortMoney(l, s.net, s.currency), money(s.net, s.currency)
}

// overview is the body of the first page.
type overview struct {
	Empty       bool
	ByPayment   bool // its days are of payment, not of the conversations' start
	Sentence    string
	OpenNote    string
	Tiles       []tile
	ToDo        []toDo
	Funnel      figure
	Trend       figure
	Intents     figure
	Experiments []experimentLine
}

// toDo is something that waits for somebody.
type toDo struct {
	Key  string // of the catalogue
	N    string
	Note string
	Href string
}

// waitingDays is how long ago a conversation may have begun that is of high
// intent in the last 48 hours.
const waitingDays = 30

// overviewAnswers are asked at once.
type overviewAnswers struct {
	daily, compare, cut, waiting, handoffs, experiments *answer

	questions      int64 // that nobody answered
	questionsKnown bool
}

func askOverview(ctx context.Context, d *Dashboard, v *visit) (*overviewAnswers, error) {
	all := &overviewAnswers{}
	group, ctx := errgroup.WithContext(ctx)
	put := func(into **answer, name string, pairs ...string) {
		group.Go(func() (err error) {
			*into, err = d.ask(ctx, v, name, pairs...)
			return err
		})
	}
	put(&all.daily, "daily")
	put(&all.compare, "compare")
	put(&all.cut, "cut", "by", "intent")
	d.putToDo(v, all, put)
	group.Go(func() error { d.countQuestions(ctx, v, all); return nil })
	return all, group.Wait()
}

// putToDo asks for what waits, and for the experiments: the same by whichever
// day the page counts.
func (d *Dashboard) putToDo(v *visit, all *overviewAnswers, put func(into **answer, name string, pairs ...string)) {
	put(&all.waiting, "overview", v.waiting()...)
	put(&all.handoffs, "handoffs_waiting")
	put(&all.experiments, "experiment_results")
}

func (d *Dashboard) countQuestions(ctx context.Context, v *visit, all *overviewAnswers) {
	all.questions, all.questionsKnown = d.unansweredCount(ctx, v)
}

// waiting narrows a list to conversations of high intent without an order.
func (v *visit) waiting() []string {
	today := v.asOf.In(v.filter.Zone)
	return []string{"step", "waiting", "from", today.AddDate(0, 0, -waitingDays).Format(time.DateOnly), "to", today.Format(time.DateOnly)}
}

func overviewPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	if v.filter.ByPayment {
		return paymentsOverview(ctx, d, v)
	}
	all, err := askOverview(ctx, d, v)
	if err != nil {
		return nil, err
	}
	var total funnelSum
	days := map[string]funnelSum{}
	for row := range all.daily.Rows {
		one := funnelRow(all.daily, row)
		days[all.daily.text(row, "day")] = one
		total.add(one)
	}
	o := &overview{Empty: total.conversations == 0, Experiments: d.experimentLines(v, all.experiments)}
	if o.Empty {
		return o, nil
	}
	o.Sentence, o.OpenNote = d.sentence(v, total), openNote(v, days)
	o.Tiles, o.ToDo = d.tiles(v, all.compare, total), d.toDo(v, all)
	o.Funnel, o.Trend, o.Intents = d.funnelFigure(v, all.daily, total), d.trendFigure(v, all.daily, days), d.intentsFigure(v, all.cut)
	return o, nil
}

// toDo lists what waits for somebody; each opens its list.
func (d *Dashboard) toDo(v *visit, all *overviewAnswers) (list []toDo) {
	if n := all.waiting.count(0, "waiting"); n > 0 {
		list = append(list, toDo{Key: "todo.waiting", N: count(n), Href: "/conversations" + v.filter.query(append(v.waiting(), "range", "", "as_of", stamp(v.asOf))...)})
	}
	if n := all.handoffs.count(0, "waiting"); n > 0 {
		list = append(list, toDo{Key: "todo.handoffs", N: count(n), Note: v.t("todo.longest", span(v.lang, all.handoffs.seconds(0, "longest_seconds"))), Href: "/handoffs" + v.filter.query("state", "pending")})
	}
	if n := all.questions; n > 0 {
		list = append(list, toDo{Key: "todo.questions", N: count(n), Href: "/knowledge" + v.filter.query("range", "", "from", "", "to", "", "channel", "")})
	} else if d.deps.Desk != nil && !all.questionsKnown {
		list = append(list, toDo{Key: "todo.questions", N: nothing, Note: v.t("todo.unknown"), Href: "/knowledge"})
	}
	return list
}
