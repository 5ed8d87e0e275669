package event

// Reply is what there is to know of one reply of the bot beside its message,
// whose event_id it has, and beside the experiment's arm.
type Reply struct {
	QuestionID string   `json:"question_event_id"` // the shopper's message
	Route      string   `json:"route"`             // the step that answered
	Intent     string   `json:"intent"`            // of the question
	Confidence *float64 `json:"confidence,omitempty"`
	Language   string   `json:"language"`
	LatencyMS  float64  `json:"latency_ms"` // from the question's arrival until the reply was known

	PromptTokens     int64  `json:"prompt_tokens"`
	CompletionTokens int64  `json:"completion_tokens"`
	CostMicros       int64  `json:"cost_micros"` // millionths of Currency
	Currency         string `json:"cost_currency,omitempty"`
	Model            string `json:"model,omitempty"`

	Answered bool `json:"is_answered"`
	Cached   bool `json:"is_cached"`

	// The dialogue's state after the reply, for the next question.
	Dialogue string            `json:"dialogue,omitempty"`
	Slots    map[string]string `json:"slots,omitempty"`
}
