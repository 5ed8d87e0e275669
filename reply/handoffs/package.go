package handoffs

import (
	"askbuy/reply/conversation"
	"askbuy/schemas/event"
)

// Package is what a person is told of a handoff. Times are ms since the epoch.
type Package struct {
	HandoffID  string                    `json:"handoff_id"`
	ShopID     string                    `json:"shop_id"`
	UserID     string                    `json:"user_id"`
	ConvID     string                    `json:"conv_id"`
	Reason     event.HandoffReason       `json:"reason"`
	State      conversation.HandoffState `json:"state"`
	Messages   []event.HandoffTurn       `json:"messages"` // masked, the oldest first
	Profile    map[string]float64        `json:"profile,omitzero"`
	Segment    string                    `json:"segment,omitzero"`
	Intent     string                    `json:"intent,omitzero"`
	Language   string                    `json:"language,omitzero"`
	Confidence *float64                  `json:"confidence,omitzero"`
	BuyScore   *float64                  `json:"buy_score,omitzero"`
	Agent      string                    `json:"agent,omitzero"`
	Test       bool                      `json:"test,omitzero"`

	RequestedAt int64 `json:"requested_at"`
	TakenAt     int64 `json:"taken_at,omitzero"`
	ClosedAt    int64 `json:"closed_at,omitzero"`
	DeliveredAt int64 `json:"delivered_at,omitzero"`
	Attempts    int64 `json:"attempts,omitzero"`
}

// packageOf tells a handoff as it stands: with all that is still remembered of
// its conversation, or else with what was when it was called for.
func packageOf(s event.Shopper, state *conversation.State, h *conversation.Handoff) Package {
	p := Package{
		HandoffID: h.ID, ShopID: s.ShopID, UserID: s.UserID, ConvID: h.Conv, Reason: h.Reason, State: h.State(),
		Messages: state.History(h.Conv), Confidence: h.Confidence, BuyScore: h.BuyScore, Agent: h.Agent, Test: h.Test,
		RequestedAt: h.FirstAt, TakenAt: h.TakenAt, ClosedAt: h.EndedAt(), DeliveredAt: h.DeliveredAt, Attempts: h.Attempts,
	}
	if h.RequestedAt != 0 {
		p.RequestedAt = h.RequestedAt
	}
	if c := h.Context; c != nil {
		p.Profile, p.Segment, p.Intent, p.Language = c.Profile, c.Segment, c.Intent, c.Language
		if len(p.Messages) < len(c.Rounds) {
			p.Messages = c.Rounds
		}
	}
	if p.Messages == nil {
		p.Messages = []event.HandoffTurn{}
	}
	return p
}
