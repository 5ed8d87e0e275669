package event

// MessageScore is one row of the message scores: what a user's message made
// of its conversation. Its key is (shop_id, user_id, event_id).
type MessageScore struct {
	ShopID     string   `json:"shop_id"`
	UserID     string   `json:"user_id"`
	EventID    string   `json:"event_id"`
	ConvID     string   `json:"conv_id"`
	TS         int64    `json:"ts"`
	Act        string   `json:"act"`
	Intent     string   `json:"intent"`
	IntentPath []string `json:"intent_path"`
	Evidence   float64  `json:"evidence"` // log-odds
	BuyScore   float64  `json:"buyScore"` // 0 to 1, three decimals
	POrder     float64  `json:"p_order"`  // calibrated probability
	PNet       float64  `json:"p_net"`    // of an order that is kept
	// Terms are what the score is the sum of, in log-odds, by name: message,
	// earlier (messages), and the signals that are not 0.
	Terms   map[string]float64 `json:"terms,omitempty"`
	ModelID string             `json:"model_id"`
	Version Position           `json:"version"` // in the journey topic
}

// OrderTouches is one row of the touches: all candidates of an order, for one
// user. Its key is (shop_id, order_id, user_id). An empty list takes back what
// an earlier version said.
type OrderTouches struct {
	ShopID    string  `json:"shop_id"`
	OrderID   string  `json:"order_id"`
	UserID    string  `json:"user_id"`
	OrderAt   int64   `json:"order_at"` // order time, ms; 0 when the list is empty
	NamedConv string  `json:"named_conv_id"`
	Touches   []Touch `json:"touches"`
	// NamedAt is the greatest ts of the order events that name the user; 0 when
	// none is known. It is no column: the sink goes by it when the user is erased.
	NamedAt int64    `json:"named_at,omitempty"`
	Version Position `json:"version"` // in the journey topic
}

// Touch is a conversation in which the order's shopper wrote before ordering.
type Touch struct {
	ConvID    string  `json:"conv_id"`
	TouchAt   int64   `json:"touch_at"`
	Explicit  bool    `json:"explicit"`
	RankLast  int     `json:"rank_last"`
	RankFirst int     `json:"rank_first"`
	BuyScore  float64 `json:"buyScore"` // of the conversation at touch_at
}

// Repair asks for a shopper's rows to be computed anew from facts, because
// the journey no longer holds all that they need.
type Repair struct {
	ShopID  string   `json:"shop_id"`
	UserID  string   `json:"user_id"`
	Version Position `json:"version"` // of the rows that the repair will write
	// Needs must be stored before the facts may be read; none: read at once.
	Needs []Reached `json:"needs,omitempty"`
}

// Reached is how far one partition of a raw topic was applied: that record
// and all before it.
type Reached struct {
	Topic     string   `json:"topic"` // without prefix
	Partition int32    `json:"partition"`
	Position  Position `json:"position"`
}

// Shopper is the one whose rows are to be repaired.
func (r *Repair) Shopper() Shopper { return Shopper{r.ShopID, r.UserID} }

// Stage says where a dead letter was set aside.
type Stage string

// The stages.
const (
	StageIngest  Stage = "ingest"
	StageProcess Stage = "process"
	StageSink    Stage = "sink"
)

// Reason says why an event was set aside. The set is closed.
type Reason string

// The reasons.
const (
	ReasonMalformed     Reason = "malformed"
	ReasonUnknownType   Reason = "unknown_type"
	ReasonMissingField  Reason = "missing_field"
	ReasonBadField      Reason = "bad_field"
	ReasonFutureTS      Reason = "future_ts"
	ReasonForbiddenShop Reason = "forbidden_shop"
	ReasonConflict      Reason = "conflict"
	ReasonUndecodable   Reason = "undecodable"
	ReasonRefusedRow    Reason = "refused_row"
)

// DeadLetter is an event that was set aside, whole. Letters with one ID are
// one letter, delivered more than once.
type DeadLetter struct {
	ID         string `json:"id"` // hex of a keyed hash over reason and the event as a JSON value
	Stage      Stage  `json:"stage"`
	Reason     Reason `json:"reason"`
	Detail     string `json:"detail"` // names the field and the rule
	Source     string `json:"source"`
	ShopID     string `json:"shop_id"` // the credential's where the event's is not to be trusted
	Type       string `json:"type"`
	EventID    string `json:"event_id"`
	ReceivedAt int64  `json:"received_at"` // ms
	// Topic, Partition and Offset say which record this was; a letter of the
	// door was none yet: it gets its own place in the dead letters' topic.
	Topic     string `json:"topic,omitempty"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
	Bytes     []byte `json:"bytes"`            // as received
	Sealed    bool   `json:"sealed,omitempty"` // Bytes are ciphertext under the door's keyring, for this ID
}

// SecondOpinion is what another scorer said of one message. Its key is
// (shop_id, user_id, event_id, scorer); the first one said stays.
type SecondOpinion struct {
	ShopID    string         `json:"shop_id"`
	UserID    string         `json:"user_id"`
	EventID   string         `json:"event_id"`
	ConvID    string         `json:"conv_id"`
	TS        int64          `json:"ts"`
	Scorer    string         `json:"scorer"`
	Outcome   OpinionOutcome `json:"outcome"`
	Score     *float64       `json:"score"` // 0 to 1; nil unless scored
	Label     string         `json:"label,omitempty"`
	LatencyMS float64        `json:"latency_ms"` // of the request that carried it
}

// ShadowScore is what a model that is not in force would have made of a
// message. Its key is (shop_id, user_id, event_id, model_id).
type ShadowScore struct {
	ShopID   string   `json:"shop_id"`
	UserID   string   `json:"user_id"`
	EventID  string   `json:"event_id"`
	ConvID   string   `json:"conv_id"`
	TS       int64    `json:"ts"`
	ModelID  string   `json:"model_id"`
	Evidence float64  `json:"evidence"` // log-odds
	BuyScore float64  `json:"buyScore"` // 0 to 1, three decimals
	POrder   float64  `json:"p_order"`
	PNet     float64  `json:"p_net"`
	Version  Position `json:"version"` // of the message's row by the model in force
}

// OpinionOutcome is what came of asking. The set is closed.
type OpinionOutcome string

// The outcomes.
const (
	OpinionScored      OpinionOutcome = "scored"
	OpinionTimeout     OpinionOutcome = "timeout"     // no whole answer in time
	OpinionUnavailable OpinionOutcome = "unavailable" // not reached, 429 or 5xx
	OpinionRefused     OpinionOutcome = "refused"     // any other status but 200
	OpinionMalformed   OpinionOutcome = "malformed"   // an answer that is not to be believed
)
