package ingest

import "askbuy/schemas/event"

// Field is a field of an event as a sender may give it.
type Field uint8

// The fields that an event may have.
const (
	FieldType Field = iota
	FieldEventID
	FieldShopID
	FieldShopIDCamel // the seed's name, accepted beside shop_id
	FieldUserID
	FieldConvID
	FieldTS
	FieldTest
	FieldFrom
	FieldText
	FieldChannel
	FieldBotID
	FieldOrderID
	FieldStatus
	FieldAmount
	FieldRefundedAmount
	FieldRefundID
	FieldRefundAmount
	FieldCurrency
	FieldCoupon
	FieldItems
	FieldName
	FieldItemID
	FieldPageID
	FieldCategory
	FieldDwellMS
	FieldExperiment
	FieldVariant
	FieldRating
	FieldResolved
	FieldAlias
	FieldQuantity
	fieldCount
)

// fieldNames are the wire names of /v1/events.
var fieldNames = [fieldCount]string{
	"type", "event_id", "shop_id", "shopId", "user_id", "conv_id", "ts", "test",
	"from", "text", "channel", "bot_id",
	"order_id", "status", "amount", "refunded_amount", "refund_id", "refund_amount", "currency", "coupon", "items",
	"name", "item_id", "page_id", "category", "dwell_ms",
	"experiment", "variant", "rating", "resolved", "alias", "quantity",
}

// fieldSet is a set of fields, one bit each.
type fieldSet uint64

func setOf(fields ...Field) fieldSet {
	var s fieldSet
	for _, f := range fields {
		s |= 1 << f
	}
	return s
}

func (s fieldSet) has(f Field) bool { return s&(1<<f) != 0 }

var commonFields = setOf(FieldType, FieldEventID, FieldShopID, FieldShopIDCamel, FieldUserID, FieldTS, FieldTest)

// typeFields says which fields belong to a type; any other is unknown to it.
var typeFields = map[event.Type]fieldSet{
	event.TypeMessage: commonFields | setOf(FieldConvID, FieldFrom, FieldText, FieldChannel, FieldBotID),
	event.TypeOrder: commonFields | setOf(FieldConvID, FieldOrderID, FieldStatus, FieldAmount, FieldRefundedAmount,
		FieldRefundID, FieldRefundAmount, FieldCurrency, FieldCoupon, FieldItems),
	event.TypeBehavior: commonFields | setOf(FieldConvID, FieldName, FieldItemID, FieldPageID, FieldCategory, FieldDwellMS),
	event.TypeExposure: commonFields | setOf(FieldConvID, FieldExperiment, FieldVariant),
	event.TypeFeedback: commonFields | setOf(FieldConvID, FieldRating, FieldResolved),
	event.TypeAlias:    commonFields | setOf(FieldAlias),
}

var itemFields = setOf(FieldItemID, FieldCategory, FieldQuantity, FieldAmount)

func namesOf(set fieldSet) map[string]Field {
	names := make(map[string]Field)
	for f := range fieldCount {
		if set.has(f) {
			names[fieldNames[f]] = f
		}
	}
	return names
}

var (
	eventNames = func() map[string]Field {
		var all fieldSet
		for _, set := range typeFields {
			all |= set
		}
		return namesOf(all)
	}()
	itemNames = namesOf(itemFields)
)
