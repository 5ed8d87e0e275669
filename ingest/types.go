package ingest

import (
	"math"

	"askbuy/schemas/event"
)

func (s *Shape) decodeMessage(v *reader, e *event.Event) {
	v.need(FieldConvID)
	e.From = event.Role(v.short(FieldFrom))
	if v.given(FieldFrom) == nil {
		if e.From = s.Role; s.Role == "" {
			v.need(FieldFrom)
		}
	}
	switch e.From {
	case event.RoleUser, event.RoleBot, event.RoleAgent:
	default:
		v.fail(event.ReasonBadField, FieldFrom, "want user, bot or agent")
	}
	e.Text = v.text(FieldText)
	e.Test = e.Test || event.TextIsTest(e.Text)
	e.BotID = v.id(FieldBotID)
	if e.Channel = s.Channel; s.Channel == "" {
		e.Channel = v.short(FieldChannel)
	}
}

func decodeOrder(v *reader, e *event.Event) {
	v.need(FieldOrderID, FieldStatus)
	e.OrderID = v.id(FieldOrderID)
	e.Status = event.Status(v.short(FieldStatus))
	switch e.Status {
	case event.StatusCreated, event.StatusPaid, event.StatusRefunded, event.StatusCancelled:
	default:
		v.fail(event.ReasonBadField, FieldStatus, "want created, paid, refunded or cancelled")
	}
	if v.given(FieldRefundID) != nil {
		v.need(FieldRefundAmount)
	}
	if v.given(FieldRefundAmount) != nil {
		v.need(FieldRefundID)
	}
	e.Amount, e.RefundedAmount = v.money(FieldAmount), v.money(FieldRefundedAmount)
	e.RefundID, e.RefundAmount = v.id(FieldRefundID), v.money(FieldRefundAmount)
	e.Currency, e.Coupon = v.short(FieldCurrency), v.short(FieldCoupon)
	e.Items = v.items()
}

func decodeBehavior(v *reader, e *event.Event) {
	v.need(FieldName)
	e.Name = v.short(FieldName)
	if v.given(FieldName) != nil && !lowerSnakeCase(e.Name) {
		v.fail(event.ReasonBadField, FieldName, "want lower_snake_case")
	}
	e.ItemID, e.PageID = v.id(FieldItemID), v.id(FieldPageID)
	e.Category = v.short(FieldCategory)
	e.DwellMS = v.whole(FieldDwellMS, 0, math.MaxInt64, "want a whole number of ms, 0 or more")
}

// lowerSnakeCase reports whether s is words of a-z and 0-9, the first starting
// with a letter, with one underscore between each two.
func lowerSnakeCase(s string) bool {
	word := false // the byte before belongs to a word
	for i := range len(s) {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9' && i > 0:
			word = true
		case c == '_' && word:
			word = false
		default:
			return false
		}
	}
	return word
}
