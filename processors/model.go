package processors

import "askbuy/models/intent"

// model is what the groups need of an intent model: functions of their
// arguments alone.
type model interface {
	scorer
	// Fold says what one conversation's messages, in their order, add up to
	// after each of them.
	Fold(points []intent.Point) []intent.Folded
}
