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
	nearest := f.Entries.Nearest(t.ShopID, t.Text, 1)
	if len(nearest) > 0 && !speaks(nearest[0].Entry, t.Language) { // seldom, and the nearest alone is found sooner
		nearest = f.Entries.Nearest(t.ShopID, t.Text, candidates)
	}
	for _, match := range nearest {
		if !speaks(match.Entry, t.Language) {
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

func speaks(e *faq.Entry, language string) bool { return e.Language == "" || e.Language == language }
