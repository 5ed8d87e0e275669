package truth

// HighIntent is the buy score from which on a message shows high intent.
const HighIntent = 0.7

// ScoreKey names a user's message.
type ScoreKey struct{ ShopID, UserID, EventID string }

// Score is what the model in force made of one message, as it stands in
// bi.messages. The intent's path is not there and is taken per intent.
type Score struct {
	Act        string
	Intent     string
	IntentPath []string
	Evidence   float64
	BuyScore   float64
	POrder     float64
	ModelID    string
}

// Scores holds the score of every user's message that is no test.
type Scores map[ScoreKey]Score
