package processors

import "askbuy/models/intent"

// model is what the groups need of an intent model: functions of their
// arguments alone.
type model interface {
	scorer
	Params() *intent.Params
}

// fold says what one conversation's messages, in their order, add up to after
// each of them, in view of what else the shopper did.
type fold func(shop string, points []intent.Point, past *intent.Past) []intent.Folded
