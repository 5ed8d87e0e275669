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
	Replies   = facts("replies", "shop_id", "user_id", "event_id", "conv_id", "question_event_id", "route", "intent", "confidence", "experiment", "variant",
		"language", "latency_ms", "prompt_tokens", "completion_tokens", "cost", "cost_currency", "model", "is_answered", "is_cached")
	Handoffs = facts("handoffs", "shop_id", "user_id", "event_id", "conv_id", "handoff_id", "step", "reason", "confidence", "buy_score",
		"agent", "attempt", "detail", "shown", "context")
)

// Derived rows, accounts and settings.
var (
	MessageScores = table("message_scores", "shop_id", "user_id", "event_id", "conv_id", "ts", "act", "intent", "intent_path",
		"evidence", "buy_score", "p_order", "p_net", "terms", "model_id", "version")
	Touches        = table("touches", "shop_id", "order_id", "user_id", "order_at", "named_conv_id", "touches", "version")
	SecondOpinions = table("second_opinions", "shop_id", "user_id", "event_id", "scorer", "conv_id", "ts", "outcome", "score", "label",
		"latency_ms", "version")
	ShadowScores = table("shadow_scores", "shop_id", "user_id", "event_id", "model_id", "conv_id", "ts", "evidence", "buy_score", "p_order", "p_net", "version")
	ModelDrift   = table("model_drift", "model_id", "measured_at", "messages", "novelty", "expected_novelty", "is_known", "psi", "conversations", "z")
	Looks        = table("looks", "at", "name", "kind", "shop_id", "target")
	Receipts     = table("receipts", "topic", "raw_partition", "raw_position", "outcome", "source", "shop_id", "identity", "received_at")
	DeadLetters  = table("dead_letters", "id", "stage", "reason", "detail", "source", "shop_id", "type", "event_id",
		"received_at", "topic", "partition", "position")
	OffsetCuts      = table("offset_cuts", "topic", "partition", "epoch", "start_offset", "end_offset", "committed_offset", "noted_at")
	TopicEpochs     = table("topic_epochs", "topic", "topic_id", "epoch")
	Installation    = table("installation", "name", "value")
	Erasures        = table("erasures", "subject", "erased_at", "version")
	RetentionFloors = table("retention_floors", "name", "floor", "version")
	ModelBundles    = table("model_bundles", "id", "kind", "origin", "files", "manifest", "created_at")
	ModelLog        = table("model_log", "from_ms", "model_id", "rules_id", "published_at", "by", "why")
	Experiments     = table("experiments", "experiment", "shop_id", "shops", "config_hash", "document", "hypothesis", "owner", "assignment",
		"mode", "alpha", "running_level", "power", "n_star", "hash_version", "seed", "coverage", "start_at", "planned_end", "final_at", "variants", "metrics", "version")
	ExperimentUnits = table("experiment_units", "experiment", "generation", "shop_id", "user_id", "variant", "first_exposure_at", "exposures", "mismatched",
		"is_contaminated", "bucket", "currency", "conversations", "open_conversations", "ordered", "carted", "handed_off", "is_high", "conversation_revenue", "revenue", "orders",
		"joined_orders", "matured_orders", "refunded_orders", "replies", "slow_replies", "messages", "late_messages", "repeated_messages", "conflicting_messages", "earlier_revenue", "earlier_conversations")
	ExperimentRefreshes = table("experiment_refreshes", "experiment", "generation", "cut_off", "unknown")
	ExperimentSnapshots = table("experiment_snapshots", "experiment", "look", "snapshot_at", "made_by", "is_final", "config_hash", "sql_hash",
		"engine_version", "input", "analysis", "version")
	ExperimentResults = table("experiment_results", "experiment", "look", "metric", "variant", "shop_id", "snapshot_at", "data_cutoff", "is_final", "role", "control",
		"n_c", "n_t", "contaminated_excluded", "value_c", "value_t", "diff", "se", "dof", "p_fixed", "ci_lo", "ci_hi", "lift", "lift_lo", "lift_hi",
		"p_always_valid", "p_always_valid_running", "seq_lo", "seq_hi", "decision_lo", "decision_hi", "p_adjusted", "adjust", "cuped_theta",
		"variance_reduction", "cap", "diff_raw", "mde_now", "power_at_mde", "days_left", "guardrail", "refused", "verdict", "reason", "warnings",
		"mean_num_c", "mean_den_c", "var_num_c", "var_den_c", "cov_c", "mean_num_t", "mean_den_t", "var_num_t", "var_den_t", "cov_t",
		"srm_p", "engine_version", "config_hash", "sql_hash", "version")
	Shops = table("shops", "shop_id", "time_zone", "reporting_currency", "version")
)

// Tables lists every table that rows are inserted into.
func Tables() []Table {
	return []Table{
		Messages, OrderEvents, Behaviors, Exposures, Feedback, Aliases, Replies, Handoffs,
		MessageScores, Touches, SecondOpinions, ShadowScores, Receipts, DeadLetters, OffsetCuts, TopicEpochs, Installation, Erasures, RetentionFloors, Shops,
		ModelBundles, ModelLog, ModelDrift, Looks,
		Experiments, ExperimentUnits, ExperimentRefreshes, ExperimentSnapshots, ExperimentResults,
	}
}
