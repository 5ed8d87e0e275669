package sinks

import "askbuy/schemas/event"

// table is where rows of one shape go.
type table struct {
	name    string
	columns []string
}

// factColumns end every fact's row; fact fills them.
var factColumns = []string{
	"ts", "received_at", "is_test", "attrs", "source", "identity", "fp_version", "fp", "no_ts",
	"raw_partition", "raw_position", "version",
}

func factTable(name string, columns ...string) *table {
	return &table{"askbuy." + name, append(columns, factColumns...)}
}

var (
	messages  = factTable("messages", "shop_id", "user_id", "event_id", "conv_id", "from_role", "text", "channel", "bot_id")
	orders    = factTable("order_events", "shop_id", "order_id", "event_id", "user_id", "status", "amount", "refunded_amount", "refund_id", "refund_amount", "currency", "coupon", "conv_id", "has_items", "items")
	behaviors = factTable("behaviors", "shop_id", "user_id", "event_id", "name", "conv_id", "item_id", "page_id", "category", "dwell_ms")
	exposures = factTable("exposures", "shop_id", "user_id", "event_id", "experiment", "variant", "conv_id")
	feedback  = factTable("feedback", "shop_id", "user_id", "event_id", "conv_id", "rating", "resolved")
	aliases   = factTable("aliases", "shop_id", "user_id", "event_id", "alias")

	receipts      = &table{"askbuy.receipts", []string{"topic", "raw_partition", "raw_position", "outcome", "source", "shop_id", "identity", "received_at"}}
	messageScores = &table{"askbuy.message_scores", []string{"shop_id", "user_id", "event_id", "conv_id", "ts", "intent", "intent_path", "evidence", "buy_score", "p_order", "model_id", "version"}}
	touches       = &table{"askbuy.touches", []string{"shop_id", "order_id", "user_id", "order_at", "named_conv_id", "touches", "version"}}
	deadLetters   = &table{"askbuy.dead_letters", []string{"id", "stage", "reason", "detail", "source", "shop_id", "type", "event_id", "received_at", "topic", "partition", "position"}}
	offsetCuts    = &table{"askbuy.offset_cuts", []string{"topic", "partition", "epoch", "start_offset", "end_offset", "committed_offset", "noted_at"}}
)

// facts is the table of a raw topic; nil for any other.
func facts(topic string) *table {
	switch topic {
	case event.TopicMessages:
		return messages
	case event.TopicOrders:
		return orders
	case event.TopicBehaviors:
		return behaviors
	case event.TopicExposures:
		return exposures
	case event.TopicFeedback:
		return feedback
	case event.TopicAliases:
		return aliases
	}
	return nil
}
