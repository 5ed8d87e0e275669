package experiment

// Metric is a question that an experiment asks.
type Metric struct {
	Name  string  `json:"metric"`
	Role  Role    `json:"role"`
	MDE   float64 `json:"mde"`             // smallest relative change worth finding
	NIM   float64 `json:"nim,omitempty"`   // of a guardrail: relative harm that is still accepted
	Cap   float64 `json:"cap,omitempty"`   // of money: values above this quantile of payers, pooled over arms, count as it; 1: none
	CUPED bool    `json:"cuped,omitempty"` // adjust by the unit's own values before the experiment
}

// Role is what a metric decides.
type Role string

// The roles.
const (
	Success       Role = "success"       // should get better; the first one is the primary
	Guardrail     Role = "guardrail"     // must not get worse by more than its margin
	Deterioration Role = "deterioration" // must not get worse
	Diagnostic    Role = "diagnostic"    // explains, decides nothing
)

// Watched says whether harm in a metric of this role stops an experiment.
func (r Role) Watched() bool { return r == Success || r == Guardrail || r == Deterioration }

// The metrics.
const (
	ConversationToOrder    = "conversation_to_order"
	AddToCart              = "add_to_cart"
	RevenuePerConversation = "revenue_per_conversation"
	RevenuePerUser         = "revenue_per_user"
	RefundRate             = "refund_rate"
	SlowReplyRate          = "slow_reply_rate"
	HandoffRate            = "handoff_rate"
	ConversationsPerUser   = "conversations_per_user"
)

// Definition is what is known of a metric before any experiment.
type Definition struct {
	Name          string
	LowerIsBetter bool
	Per           Denominator
	Money         bool
	// Undirected metrics are neither better nor worse: they only explain.
	Undirected bool
}

// Denominator is what a metric counts by. All but the first are sums over a
// shopper that a variant can move as well as the numerator.
type Denominator string

// The denominators.
const (
	PerUser         Denominator = "user"
	PerConversation Denominator = "conversation"
	PerOrder        Denominator = "order"
	PerReply        Denominator = "reply"
)

var definitions = []Definition{
	{Name: ConversationToOrder, Per: PerConversation},
	{Name: AddToCart, Per: PerConversation},
	{Name: RevenuePerConversation, Per: PerConversation, Money: true},
	{Name: RevenuePerUser, Per: PerUser, Money: true},
	{Name: RefundRate, Per: PerOrder, LowerIsBetter: true},
	{Name: SlowReplyRate, Per: PerReply, LowerIsBetter: true},
	{Name: HandoffRate, Per: PerConversation, LowerIsBetter: true},
	{Name: ConversationsPerUser, Per: PerUser, Undirected: true},
}

// Definitions lists the metrics.
func Definitions() []Definition { return append([]Definition(nil), definitions...) }

// Define looks a metric up.
func Define(name string) (Definition, bool) {
	for _, d := range definitions {
		if d.Name == name {
			return d, true
		}
	}
	return Definition{}, false
}
