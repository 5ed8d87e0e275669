package web

import (
	"context"
	"time"
)

// handoffsPage is the queue of the conversations that were handed over. Each
// opens on a page of its own, where an operator acts.
func handoffsPage(ctx context.Context, d *Dashboard, v *visit) (any, error) {
	l, err := d.askList(ctx, v, "handoffs", nil)
	if err != nil {
		return nil, err
	}
	a := l.answer
	body := figures{Intro: v.t("handoffs.intro"), Since: &since{Text: v.t("handoffs.total", l.rows())}, Choices: []choices{v.chooseStep("state", "all", "pending", "human", "closed")}}
	if len(a.Rows) == 0 {
		body.Empty = "handoffs.empty"
		return body, nil
	}
	body.Figures = []figure{d.queueFigure(ctx, v, a)}
	body.Before, body.Next = pageLinks(v, len(a.Rows))
	return body, nil
}

func (d *Dashboard) queueFigure(ctx context.Context, v *visit, a *answer) figure {
	f := figure{ID: "queue", Title: v.t("handoffs.queue"), Whole: true}
	now := d.handoffsNow(ctx, v)
	for _, column := range []string{"requested_at", "state", "waited_seconds", "reason", "shop_id", "user_id", "conv_id", "buy_score", "agent"} {
		f.Table.Head = append(f.Table.Head, cell{Text: v.t("column." + column), Number: column == "waited_seconds" || column == "buy_score"})
	}
	for row := range a.Rows {
		shop, state, agent := a.text(row, "shop_id"), a.text(row, "state"), a.text(row, "agent")
		if h, known := now[handoffKey{shop, a.text(row, "handoff_id")}]; known {
			state, agent = h.State, h.Agent
		}
		waited := digits(span(v.lang, a.seconds(row, "waited_seconds")))
		waited.Bad = state == "pending" && a.seconds(row, "waited_seconds") > longWait
		f.Table.Rows = append(f.Table.Rows, []cell{
			{Text: moment(a.time(row, "requested_at"), v.filter.Zone), Href: handoffAddress(shop, a.text(row, "handoff_id"))}, words(v.t("handoff." + state)), waited, words(handoffReason(v, a.text(row, "reason"))),
			words(shop), words(a.text(row, "user_id")), {Text: a.text(row, "conv_id"), Href: conversationAddress(shop, a.text(row, "conv_id"), a.text(row, "user_id"))}, digits(number(a.number(row, "buy_score"), 3)), words(agent),
		})
	}
	f.take(a, v)
	return f
}

// handoffKey names a handoff: its id is unique in its shop.
type handoffKey struct{ shop, id string }

// handoffsNow are handoffs as they stand at this moment: the warehouse is some
// seconds behind. Without a desk, or when it does not answer, there are none,
// and the warehouse's word holds.
func (d *Dashboard) handoffsNow(ctx context.Context, v *visit) map[handoffKey]Handoff {
	if d.deps.Desk == nil {
		return nil
	}
	list, err := d.deps.Desk.Handoffs(ctx, v.filter.Shop)
	if err != nil {
		d.deps.Log.Warn("handoffs are shown as the warehouse has them", "err", err)
		return nil
	}
	now := map[handoffKey]Handoff{}
	for _, h := range list {
		now[handoffKey{h.Shop, h.ID}] = h
	}
	return now
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
