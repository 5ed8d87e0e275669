package intent

// The sentiments. A reply serves the angry first and speaks to each in their
// tone.
const (
	Angry     = "angry"
	Hesitant  = "hesitant"
	Satisfied = "satisfied"
	Neutral   = "neutral"
)

// The kinds of words in the lexicon that are no entities but tell the mood.
const (
	kindGood  = "+"
	kindBad   = "-"
	kindDoubt = "?"
)

// mood counts a text's words of mood: good ones less bad ones, and doubts.
type mood struct{ balance, doubts int }

// sentiment is the mood in one word. Who complains is not pleased, however
// polite.
func (m mood) sentiment(intent string) string {
	switch {
	case m.balance < 0 || m.balance == 0 && intent == "complaint":
		return Angry
	case m.doubts > 0 || intent == "hesitation":
		return Hesitant
	case m.balance > 0:
		return Satisfied
	}
	return Neutral
}
