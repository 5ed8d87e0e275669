package warehouse

// Table is a table that rows are inserted into: its name with the database,
// and its columns in their order, but for those that the server fills in.
type Table struct {
	Name    string
	Columns []string
}

// factColumns end every table of facts.
var factColumns = []string{
	"ts", "received_at", "is_test", "attrs", "source", "identity", "fp_version", "fp", "no_ts",
	"raw_partition", "raw_position", "version",
}

func facts(name string, columns ...string) Table {
	return Table{DatabaseTables + "." + name, append(columns, factColumns...)}
}

func table(name string, columns ...string) Table {
	return Table{DatabaseTables + "." + name, columns}
}

// Facts: one row an event.
var (
	Messages    = facts("messages", "shop_id", "user_id", "event_id", "conv_id", "from_role", "text", "channel", "bot_id")
	OrderEvents = facts("order_events", "shop_id", "order_id", "event_id", "user_id", "status", "amount", "refunded_amount",
		"refund_id", "refund_amount", "currency", "coupon", "conv_id", "has_items", "items")
	Behaviors = facts("behaviors", "shop_id", "user_id", "event_id", "name", "conv_id", "item_id", "page_id", "category", "dwell_ms")
	Exposures = facts("exposures", "shop_id", "user_id", "event_id", "experiment", "variant", "conv_id")
	Feedback  = facts("feedback", "shop_id", "user_id", "event_id", "conv_id", "rating", "resolved")
	Aliases   = facts("aliases", "shop_id", "user_id", "event_id", "alias")
)

// Derived rows, accounts and settings.
var (
	MessageScores = table("message_scores", "shop_id", "user_id", "event_id", "conv_id", "ts", "act", "intent", "intent_path",
		"evidence", "buy_score", "p_order", "p_net", "terms", "model_id", "version")
	Touches     = table("touches", "shop_id", "order_id", "user_id", "order_at", "named_conv_id", "touches", "version")
	Receipts    = table("receipts", "topic", "raw_partition", "raw_position", "outcome", "source", "shop_id", "identity", "received_at")
	DeadLetters = table("dead_letters", "id", "stage", "reason", "detail", "source", "shop_id", "type", "event_id",
		"received_at", "topic", "partition", "position")
	OffsetCuts      = table("offset_cuts", "topic", "partition", "epoch", "start_offset", "end_offset", "committed_offset", "noted_at")
	TopicEpochs     = table("topic_epochs", "topic", "topic_id", "epoch")
	Installation    = table("installation", "name", "value")
	Erasures        = table("erasures", "subject", "erased_at", "version")
	RetentionFloors = table("retention_floors", "name", "floor", "version")
	ModelBundles    = table("model_bundles", "id", "kind", "origin", "files", "manifest", "created_at")
	ModelLog        = table("model_log", "from_ms", "model_id", "rules_id", "published_at", "by", "why")
	Shops           = table("shops", "shop_id", "time_zone", "reporting_currency", "version")
)

// Tables lists every table that rows are inserted into.
func Tables() []Table {
	return []Table{
		Messages, OrderEvents, Behaviors, Exposures, Feedback, Aliases,
		MessageScores, Touches, Receipts, DeadLetters, OffsetCuts, TopicEpochs, Installation, Erasures, RetentionFloors, Shops,
		ModelBundles, ModelLog,
	}
}
