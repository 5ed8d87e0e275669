package dialogue

import (
	"context"
	"time"

	"askbuy/models/intent"
	"askbuy/reply/turn"
)

// models knows what reads a text now.
type models interface {
	Now(ctx context.Context) (intent.Scorer, error)
}

// patience is how long a step waits for the model that reads texts; without
// one it has no answer.
const patience = 50 * time.Millisecond

// Step is the machine and the rules as a step of the ladder.
type Step struct {
	Models models
	Rules  func() *Rules // those in force
	// Knows reports whether a later step answers the turn with what the shop
	// itself says; nil: none does. Something general is not said then.
	Knows func(t *turn.Turn) bool
}

// Answer is the machine's reply, or that of a rule which is sure enough; of
// one that is not, its confidence is told.
func (s Step) Answer(ctx context.Context, t *turn.Turn) (turn.Reply, bool) {
	read, ok := reader(ctx, s.Models, t)
	if !ok {
		return turn.Reply{}, false
	}
	said, ok := Answer(turnOf(t), read, s.Rules())
	if !ok || said.General && s.Knows != nil && s.Knows(t) {
		return turn.Reply{}, false
	}
	r := turn.Reply{
		Text: said.Text, Route: turn.RouteRule, Confidence: &said.Confidence, NeedsPerson: said.NeedsAgent,
		Dialogue: string(said.State), Slots: said.Slots.list(), Own: said.Slots != Slots{},
	}
	if said.Confidence < intent.HighIntent {
		return turn.Reply{Route: turn.RouteRule, Confidence: r.Confidence, Below: true}, false
	}
	return r, true
}

// Underway reports whether a turn goes on with a dialogue, or may choose of what
// was asked back: its text alone need not tell what it is about.
func Underway(t *turn.Turn) bool {
	s := State(t.State.Dialogue)
	return s == Logistics || s == Address || t.State.Clarified
}

// Ask is the question that is asked back as a step of the ladder: the last
// before the preset text.
type Ask struct{ Models models }

// Answer asks back, once between two answers.
func (a Ask) Answer(ctx context.Context, t *turn.Turn) (turn.Reply, bool) {
	if t.State.Clarified {
		return turn.Reply{}, false
	}
	read, ok := reader(ctx, a.Models, t)
	if !ok {
		return turn.Reply{}, false
	}
	text, ok := Clarify(turnOf(t), read)
	return turn.Reply{Text: text, Route: turn.RouteClarify}, ok
}

// Context are the rounds that a turn belongs to: those since the topic last
// changed. Without a model that reads texts, all of them.
func Context(ctx context.Context, m models, t *turn.Turn) []turn.Round {
	read, ok := reader(ctx, m, t)
	if !ok || len(t.State.Rounds) == 0 {
		return t.State.Rounds
	}
	kept := len(Since(turnOf(t), read))
	return t.State.Rounds[len(t.State.Rounds)-kept:]
}

func turnOf(t *turn.Turn) Turn {
	out := Turn{Shop: t.ShopID, Text: t.Text, English: t.Language == "en"}
	for _, r := range t.State.Rounds {
		out.Before = append(out.Before, Round{Question: r.Question, Reply: r.Answer})
	}
	return out
}

// known reads a turn's own text as it was read already, and all others by the
// model.
type known struct {
	Reader
	text   string
	scored intent.Scored
}

func (k known) Score(text string) intent.Scored {
	if text == k.text {
		return k.scored
	}
	return k.Reader.Score(text)
}

func reader(ctx context.Context, m models, t *turn.Turn) (Reader, bool) {
	ctx, cancel := turn.Patience(ctx, patience)
	defer cancel()
	model, err := m.Now(ctx)
	if err != nil {
		return nil, false
	}
	read, ok := model.(Reader)
	if !ok || t.Intent.Intent == "" {
		return read, ok
	}
	return known{read, t.Text, t.Intent}, true
}

// list are the slots that are filled, by name.
func (s Slots) list() map[string]string {
	named := map[string]string{}
	for name, value := range map[string]string{
		"order_id": s.Order, "tracking": s.Tracking, "sku": s.SKU, "size": s.Size, "colour": s.Colour, "place": s.Place,
	} {
		if value != "" {
			named[name] = value
		}
	}
	if s.HasAddress {
		named["address"] = maskedAddress
	}
	if s.HasPhone {
		named["phone"] = maskedPhone
	}
	if len(named) == 0 {
		return nil
	}
	return named
}
