package reply

import (
	"context"

	"askbuy/models/faq"
	"askbuy/reply/turn"
)

// faqs finds entries of a shop's FAQ.
type faqs interface {
	Nearest(shop, text string, k int) []faq.Match
}

// FAQ is the step that answers with the nearest entry of the shop's FAQ.
type FAQ struct{ Entries faqs }

// candidates is among how many entries one of the right language is looked
// for.
const candidates = 5

// Answer finds the entry. One that is not near enough is not said, and its
// nearness is told.
func (f FAQ) Answer(_ context.Context, t *turn.Turn) (turn.Reply, bool) {
	for _, match := range f.Entries.Nearest(t.ShopID, t.Text, candidates) {
		if match.Entry.Language != "" && match.Entry.Language != t.Language {
			continue
		}
		score := match.Score
		r := turn.Reply{Text: match.Entry.Answer, Route: turn.RouteFAQ, Confidence: &score}
		if !match.Confident() {
			return turn.Reply{Route: turn.RouteFAQ, Confidence: &score, Below: true}, false
		}
		return r, true
	}
	return turn.Reply{}, false
}
