package web

import (
	"context"
	"net/url"
	"time"
)

// handoffsPage is the queue of the conversations that were handed over.
func handoffsPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	a, err := d.ask(ctx, v, "handoffs")
	if err != nil {
		return nil, err
	}
	if len(a.Rows) == 0 {
		return figures{Empty: "handoffs.empty"}, nil
	}
	f := figure{ID: "queue", Title: v.t("handoffs.queue"), Whole: true}
	for _, column := range []string{"requested_at", "state", "waited_seconds", "reason", "shop_id", "conv_id", "buy_score", "agent"} {
		f.Table.Head = append(f.Table.Head, cell{Text: v.t("column." + column), Number: column == "waited_seconds" || column == "buy_score"})
	}
	for row := range a.Rows {
		at := "/conversation?" + url.Values{"shop_id": {a.text(row, "shop_id")}, "conv_id": {a.text(row, "conv_id")}, "user_id": {a.text(row, "user_id")}}.Encode()
		waited := digits(span(v.lang, a.seconds(row, "waited_seconds")))
		waited.Bad = a.text(row, "state") == "pending" && a.seconds(row, "waited_seconds") > longWait
		f.Table.Rows = append(f.Table.Rows, []cell{
			words(moment(a.time(row, "requested_at"), v.filter.Zone)), words(v.t("handoff." + a.text(row, "state"))), waited, words(handoffReason(v, a.text(row, "reason"))),
			words(a.text(row, "shop_id")), {Text: a.text(row, "conv_id"), Href: at}, digits(number(a.number(row, "buy_score"), 3)), words(a.text(row, "agent")),
		})
	}
	f.take(a, v)
	return figures{Intro: v.t("handoffs.intro"), Figures: []figure{f}}, nil
}

// longWait is a wait that stands out.
const longWait = 5 * time.Minute

// handoffReason is a text of the catalogue; of a reason that is newer than it,
// the reason itself.
func handoffReason(v *visit, reason string) string {
	if key := "handoff.reason." + reason; known(key) {
		return v.t(key)
	}
	return reason
}

// seconds is a length of time; of NULL it is 0.
func (a *answer) seconds(row int, column string) time.Duration {
	s := a.number(row, column)
	if s == nil {
		return 0
	}
	return time.Duration(*s * float64(time.Second))
}
