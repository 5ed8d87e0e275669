package shop

import (
	"context"
	"slices"
	"strings"

	"askbuy/reply/turn"
)

// Deals answers what is on offer: the promotions that run, and nothing where
// the shop names none.
type Deals struct {
	Offers func(*turn.Turn) []string // that run now, in the turn's language
}

// dealTopics are what it answers: a shopper who haggles is told what there is.
var dealTopics = []string{"coupon_query", "bargain"}

// AsksForDeals says whether a question is about them.
func AsksForDeals(t *turn.Turn) bool { return slices.Contains(dealTopics, t.Intent.Intent) }

// Answer names them. The confidence is that of the question's topic.
func (d Deals) Answer(_ context.Context, t *turn.Turn) (turn.Reply, bool) {
	if !AsksForDeals(t) {
		return turn.Reply{}, false
	}
	running := d.Offers(t)
	if len(running) == 0 {
		return turn.Reply{}, false
	}
	between := ""
	if t.Language == "en" {
		between = " "
	}
	sure := t.Intent.IntentConfidence
	if sure < sureEnough {
		return turn.Reply{Route: turn.RouteRule, Confidence: &sure, Below: true}, false
	}
	return turn.Reply{Text: strings.Join(running, between), Route: turn.RouteRule, Confidence: &sure}, true
}

// sureEnough is from which confidence on a topic is taken for what it seems.
const sureEnough = 0.7
