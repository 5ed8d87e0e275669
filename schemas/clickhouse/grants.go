package warehouse

import "slices"

// read lists, by table, the columns that views read and no other.
var read = []Table{
	{"askbuy.messages", []string{"shop_id", "user_id", "event_id", "conv_id", "from_role", "text", "channel", "bot_id", "ts", "received_at", "is_test"}},
	{"askbuy.order_events", []string{"shop_id", "order_id", "event_id", "user_id", "status", "amount", "refunded_amount", "refund_id",
		"refund_amount", "currency", "coupon", "conv_id", "has_items", "items", "ts", "received_at", "is_test"}},
	{"askbuy.behaviors", []string{"shop_id", "user_id", "event_id", "name", "conv_id", "item_id", "page_id", "category", "dwell_ms", "ts", "received_at", "is_test"}},
	{"askbuy.exposures", []string{"shop_id", "user_id", "event_id", "experiment", "variant", "conv_id", "ts", "received_at", "is_test"}},
	{"askbuy.feedback", []string{"shop_id", "user_id", "event_id", "conv_id", "rating", "resolved", "ts", "received_at", "is_test"}},
	{"askbuy.aliases", []string{"shop_id", "ts", "received_at"}},
	{"askbuy.replies", []string{"shop_id", "user_id", "event_id", "conv_id", "question_event_id", "route", "intent", "confidence", "experiment", "variant",
		"language", "latency_ms", "prompt_tokens", "completion_tokens", "cost", "cost_currency", "model", "is_answered", "is_cached", "ts", "received_at", "is_test"}},
	{"askbuy.handoffs", []string{"shop_id", "user_id", "event_id", "conv_id", "handoff_id", "step", "reason", "confidence", "buy_score", "agent", "attempt", "ts", "received_at", "is_test"}},
	{"askbuy.message_scores", []string{"shop_id", "user_id", "event_id", "conv_id", "ts", "act", "intent", "intent_path", "evidence", "buy_score", "p_order", "p_net", "terms", "model_id"}},
	{"askbuy.touches", []string{"shop_id", "order_id", "user_id", "order_at", "touches"}},
	{"askbuy.second_opinions", []string{"shop_id", "user_id", "event_id", "scorer", "conv_id", "ts", "outcome", "score", "label", "latency_ms"}},
	{"askbuy.shadow_scores", []string{"shop_id", "user_id", "event_id", "model_id", "conv_id", "ts", "evidence", "buy_score", "p_order", "p_net"}},
	{"askbuy.receipts", []string{"topic", "raw_partition", "raw_position", "outcome", "source", "shop_id", "received_at"}},
	{"askbuy.dead_letters", []string{"id", "stage", "reason", "detail", "source", "shop_id", "type", "event_id", "received_at", "topic", "partition", "position"}},
	{"askbuy.offset_cuts", []string{"topic", "partition", "epoch", "end_offset", "committed_offset", "noted_at"}},
	{"askbuy.experiments", []string{"experiment", "shop_id", "shops", "config_hash", "hypothesis", "owner", "assignment", "mode", "alpha", "running_level",
		"power", "n_star", "hash_version", "seed", "coverage", "start_at", "planned_end", "final_at", "variants", "metrics"}},
	{"askbuy.experiment_units", []string{"experiment", "generation", "shop_id", "user_id", "variant", "first_exposure_at", "exposures", "mismatched",
		"is_contaminated", "bucket", "currency", "conversations", "open_conversations", "ordered", "carted", "handed_off", "conversation_revenue", "revenue", "orders",
		"joined_orders", "matured_orders", "refunded_orders", "replies", "slow_replies", "messages", "late_messages", "repeated_messages", "conflicting_messages", "earlier_revenue", "earlier_conversations"}},
	{"askbuy.experiment_refreshes", []string{"experiment", "generation"}},
	{"askbuy.experiment_results", slices.DeleteFunc(slices.Clone(ExperimentResults.Columns), func(c string) bool { return c == "look" || c == "version" })},
	{"askbuy.shops", []string{"shop_id", "time_zone", "reporting_currency"}},
}
