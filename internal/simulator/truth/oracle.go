package truth

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"askbuy/schemas/event"
)

// Forecast is what is known of one of the shopper's messages: what it does,
// and the best possible probability, after it, that its conversation is kept.
// An oracle makes it that knows the odds by which the conversation was made
// up, but not how the dice fell. Kept and IsClosed are filled in by Write.
type Forecast struct {
	ShopID    string  `json:"shop_id"`
	UserID    string  `json:"user_id"`
	ConvID    string  `json:"conv_id"`
	EventID   string  `json:"event_id"` // "" when the door made it up
	TS        Millis  `json:"ts"`
	Prefix    int64   `json:"prefix"` // the message's number in its conversation, from 1
	Act       string  `json:"act"`
	PText     float64 `json:"p_text"`     // from acts and the shop
	PSeen     float64 `json:"p_seen"`     // from behaviours and the shopper's past as well
	PFull     float64 `json:"p_full"`     // from the shopper's traits as well, which nobody can see
	IsTrapped Flag    `json:"is_trapped"` // other orders were laid around the conversation: the forecast does not know of them
	IsClosed  Flag    `json:"is_closed"`  // 72 h have passed since the conversation's last message
	Kept      Flag    `json:"kept"`       // is_kept of bi.conversations
}

// FlagOf makes a flag.
func FlagOf(b bool) Flag { return flag(b) }

// Judge fills in how the forecasts' conversations ended, and sorts them by
// shop, shopper, conversation and number.
func Judge(forecasts []Forecast, t *Tables, end Millis) {
	rows := make(map[convKey]*Conversation, len(t.Conversations))
	for i := range t.Conversations {
		c := &t.Conversations[i]
		rows[convKey{c.ShopID, c.UserID, c.ConvID}] = c
	}
	last := make(map[convKey]Millis, len(rows))
	for i := range t.Messages {
		m := &t.Messages[i]
		if key := (convKey{m.ShopID, m.UserID, m.ConvID}); m.FromRole == string(event.RoleUser) && m.IsTest == 0 {
			last[key] = max(last[key], m.TS)
		}
	}
	for i := range forecasts {
		f := &forecasts[i]
		key := convKey{f.ShopID, f.UserID, f.ConvID}
		if c := rows[key]; c != nil {
			f.Kept = c.IsKept
		}
		f.IsClosed = flag(last[key]+Millis(attributionHours*time.Hour/time.Millisecond) <= end)
	}
	slices.SortFunc(forecasts, func(a, b Forecast) int {
		return cmp.Or(strings.Compare(a.ShopID, b.ShopID), strings.Compare(a.UserID, b.UserID),
			strings.Compare(a.ConvID, b.ConvID), cmp.Compare(a.Prefix, b.Prefix))
	})
}
