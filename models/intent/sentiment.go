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
	kindGood   = "+"
	kindMild   = "~" // good where nothing is asked for: thanks are said with any demand
	kindBad    = "-"
	kindHeat   = "!" // impatience: bad where something went wrong
	kindDoubt  = "?"
	kindIgnore = "." // holds another word that it does not mean
)

// mood counts a text's words of mood: good ones less bad ones, and the others.
type mood struct{ balance, mild, heat, doubts int }

// add counts a word, if it is one of mood.
func (m *mood) add(kind string) {
	switch kind {
	case kindGood:
		m.balance++
	case kindMild:
		m.mild++
	case kindBad:
		m.balance--
	case kindHeat:
		m.heat++
	case kindDoubt:
		m.doubts++
	}
}

// sentiment is the mood in one word. Who complains is not pleased, however
// polite, and who turns an offer down or asks for advice says what is good
// without being so.
func (m mood) sentiment(act string) string {
	switch {
	case m.balance < 0 || m.balance == 0 && act == "complaint" || m.balance <= 0 && m.heat > 0 && troubled(act):
		return Angry
	case m.doubts > 0 && act != "purchase_commit" || act == "hesitation":
		return Hesitant
	case act == "rejection":
		return Neutral
	case m.balance > 0 || m.mild > 0 && pleasant(act):
		return Satisfied
	}
	return Neutral
}

// sureComplaint is how likely a complaint must be to be angry by itself,
// without a word of anger.
const sureComplaint = 0.6

// sureOf is what a text does, as far as its mood may follow from it.
func sureOf(s Scored) string {
	if s.Act == "complaint" && s.ActConfidence < sureComplaint {
		return Other
	}
	return s.Act
}

// troubled are the acts of those who wait for something or whom something
// went wrong for.
func troubled(act string) bool {
	switch act {
	case "logistics", "return_refund", "quality_issue", "fault_report", "human_agent", "restock_query", "complaint":
		return true
	}
	return false
}

// pleasant are the acts that ask for nothing.
func pleasant(act string) bool {
	return act == "small_talk" || act == "purchase_commit" || act == Claim
}
