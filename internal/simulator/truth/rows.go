package truth

import "askbuy/schemas/event"

// Millis is a time in ms since the epoch.
type Millis int64

// Date is a day as YYYY-MM-DD, in the shop's time zone.
type Date string

// Flag is 0 or 1.
type Flag uint8

func flag(b bool) Flag {
	if b {
		return 1
	}
	return 0
}

// Message is a row of bi.messages; its score columns are what Scores said.
type Message struct {
	ShopID   string   `json:"shop_id"`
	ConvID   string   `json:"conv_id"`
	EventID  string   `json:"event_id"`
	UserID   string   `json:"user_id"`
	BotID    string   `json:"bot_id"`
	FromRole string   `json:"from_role"`
	Text     string   `json:"text"`
	TS       Millis   `json:"ts"`
	Channel  string   `json:"channel"`
	IsTest   Flag     `json:"is_test"`
	Act      string   `json:"act"`
	Intent   string   `json:"intent"`
	Evidence *float64 `json:"evidence"`
	BuyScore *float64 `json:"buy_score"`
	POrder   *float64 `json:"p_order"`
	ModelID  string   `json:"model_id"`
}

// Behavior is a row of bi.behaviors.
type Behavior struct {
	ShopID   string `json:"shop_id"`
	UserID   string `json:"user_id"`
	EventID  string `json:"event_id"`
	TS       Millis `json:"ts"`
	IsTest   Flag   `json:"is_test"`
	Name     string `json:"name"`
	ItemID   string `json:"item_id"`
	PageID   string `json:"page_id"`
	Category string `json:"category"`
	DwellMS  *int64 `json:"dwell_ms"`
}

// Exposure is a row of bi.exposures.
type Exposure struct {
	ShopID     string `json:"shop_id"`
	UserID     string `json:"user_id"`
	EventID    string `json:"event_id"`
	TS         Millis `json:"ts"`
	IsTest     Flag   `json:"is_test"`
	Experiment string `json:"experiment"`
	Variant    string `json:"variant"`
	ConvID     string `json:"conv_id"`
}

// Feedback is a row of bi.feedback.
type Feedback struct {
	ShopID   string `json:"shop_id"`
	UserID   string `json:"user_id"`
	EventID  string `json:"event_id"`
	TS       Millis `json:"ts"`
	IsTest   Flag   `json:"is_test"`
	ConvID   string `json:"conv_id"`
	Rating   *int64 `json:"rating"`
	Resolved *Flag  `json:"resolved"`
}

// Conversation is a row of bi.conversations.
type Conversation struct {
	ShopID              string      `json:"shop_id"`
	ConvID              string      `json:"conv_id"`
	UserID              string      `json:"user_id"`
	Channel             string      `json:"channel"`
	CohortDate          Date        `json:"cohort_date"`
	StartedAt           Millis      `json:"started_at"`
	LastMessageAt       Millis      `json:"last_message_at"`
	BotID               string      `json:"bot_id"`
	UserMessages        int64       `json:"user_messages"`
	BotMessages         int64       `json:"bot_messages"`
	AgentMessages       int64       `json:"agent_messages"`
	Intent              string      `json:"intent"`
	IntentPath          []string    `json:"intent_path"`
	BuyScore            *float64    `json:"buy_score"`
	BuyScorePeak        *float64    `json:"buy_score_peak"`
	ScorePercentile     *float64    `json:"score_percentile"`
	POrder              *float64    `json:"p_order"`
	ModelID             string      `json:"model_id"`
	IntentLevel         string      `json:"intent_level"`
	HighIntentAt        *Millis     `json:"high_intent_at"`
	OrderID             string      `json:"order_id"`
	OrderedAt           *Millis     `json:"ordered_at"`
	Orders              int64       `json:"orders"`
	OrderAmount         event.Money `json:"order_amount"`
	NetAmount           event.Money `json:"net_amount"`
	OtherCurrencyOrders int64       `json:"other_currency_orders"`
	IsOrdered           Flag        `json:"is_ordered"`
	IsKept              Flag        `json:"is_kept"`
	IsCarted            Flag        `json:"is_carted"`
	HandedOff           Flag        `json:"handed_off"`
	Experiment          string      `json:"experiment"`
	Variant             string      `json:"variant"`

	highOrdered, highKept bool // some attributed (kept) order not before HighIntentAt
}

// Order is a row of bi.orders.
type Order struct {
	ShopID            string      `json:"shop_id"`
	OrderID           string      `json:"order_id"`
	UserID            string      `json:"user_id"`
	Status            string      `json:"status"`
	Amount            event.Money `json:"amount"`
	RefundedAmount    event.Money `json:"refunded_amount"`
	NetAmount         event.Money `json:"net_amount"`
	Currency          string      `json:"currency"`
	CreatedAt         *Millis     `json:"created_at"`
	PaidAt            *Millis     `json:"paid_at"`
	CancelledAt       *Millis     `json:"cancelled_at"`
	RefundedAt        *Millis     `json:"refunded_at"`
	Coupon            string      `json:"coupon"`
	ConvID            string      `json:"conv_id"`
	NamedConvID       string      `json:"named_conv_id"`
	ExplicitUnmatched Flag        `json:"explicit_unmatched"`
	Touches           int64       `json:"touches"`

	items []OrderItem
}

// OrderItem is a row of bi.order_items.
type OrderItem struct {
	ShopID   string      `json:"shop_id"`
	OrderID  string      `json:"order_id"`
	ItemID   string      `json:"item_id"`
	Category string      `json:"category"`
	Quantity int64       `json:"quantity"`
	Amount   event.Money `json:"amount"`
}

// Touch is a row of bi.touches.
type Touch struct {
	ShopID          string   `json:"shop_id"`
	OrderID         string   `json:"order_id"`
	ConvID          string   `json:"conv_id"`
	UserID          string   `json:"user_id"`
	TouchAt         Millis   `json:"touch_at"`
	OrderAt         Millis   `json:"order_at"`
	GapSeconds      float64  `json:"gap_seconds"`
	RankLast        int64    `json:"rank_last"`
	RankFirst       int64    `json:"rank_first"`
	Touches         int64    `json:"touches"`
	Evidence        string   `json:"evidence"`
	BuyScoreAtTouch *float64 `json:"buy_score_at_touch"`
}

// Attribution is a row of bi.attribution_models.
type Attribution struct {
	Model       string      `json:"model"`
	WindowHours int64       `json:"window_hours"`
	ShopID      string      `json:"shop_id"`
	OrderID     string      `json:"order_id"`
	ConvID      string      `json:"conv_id"`
	UserID      string      `json:"user_id"`
	Credit      float64     `json:"credit"`
	OrderAmount event.Money `json:"order_amount"`
	NetAmount   event.Money `json:"net_amount"`
}

// FunnelDay is a row of bi.funnel_daily without its two maturities.
type FunnelDay struct {
	ShopID              string      `json:"shop_id"`
	Day                 Date        `json:"day"`
	Channel             string      `json:"channel"`
	Intent              string      `json:"intent"`
	Conversations       int64       `json:"conversations"`
	HighIntent          int64       `json:"high_intent"`
	Carted              int64       `json:"carted"`
	Ordered             int64       `json:"ordered"`
	HighIntentOrdered   int64       `json:"high_intent_ordered"`
	LowIntentOrdered    int64       `json:"low_intent_ordered"`
	HighIntentKept      int64       `json:"high_intent_kept"`
	Kept                int64       `json:"kept"`
	GrossAmount         event.Money `json:"gross_amount"`
	NetAmount           event.Money `json:"net_amount"`
	OtherCurrencyOrders int64       `json:"other_currency_orders"`
	HighIntentRate      *float64    `json:"high_intent_rate"`
	IntentToOrderRate   *float64    `json:"intent_to_order_rate"`
	IntentToOrderLow    *float64    `json:"intent_to_order_low"`
	IntentToOrderHigh   *float64    `json:"intent_to_order_high"`
	IntentLift          *float64    `json:"intent_lift"`
}

// ClaimsDay is a row of bi.claims without its maturity and its suspects, which
// hang on the moment of asking.
type ClaimsDay struct {
	ShopID                string   `json:"shop_id"`
	Day                   Date     `json:"day"`
	Claimed               int64    `json:"claimed"`
	ClaimMessages         int64    `json:"claim_messages"`
	Ordered               int64    `json:"ordered"`
	Kept                  int64    `json:"kept"`
	NotOrdered            int64    `json:"not_ordered"`
	KeptRate              *float64 `json:"kept_rate"`
	Orders                int64    `json:"orders"`
	Cancelled             int64    `json:"cancelled"`
	Refunded              int64    `json:"refunded"`
	CancelRate            *float64 `json:"cancel_rate"`
	RefundRate            *float64 `json:"refund_rate"`
	Bargaining            int64    `json:"bargaining"`
	BargainingWithoutCart int64    `json:"bargaining_without_cart"`
}

// ShopRow is a row of bi.shops: what is in effect.
type ShopRow struct {
	ShopID            string `json:"shop_id"`
	TimeZone          string `json:"time_zone"`
	ReportingCurrency string `json:"reporting_currency"`
}
