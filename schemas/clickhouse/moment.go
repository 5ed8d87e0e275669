package warehouse

// moment is the parameter of the views that answer as of a moment of arrival.
const moment = "{as_of:DateTime64(3, 'UTC')}"

// arrived narrows facts (e) to those that had arrived by the moment.
func arrived() string { return " AND e.received_at <= " + moment }

// scored leaves out the scores of messages that arrived after the moment.
// These are few, and no copy of a message is stored beside its first: the
// table is read without FINAL, and of most of it one column alone.
func scored() string {
	return "\n    WHERE (shop_id, user_id, event_id) NOT IN (SELECT shop_id, user_id, event_id FROM askbuy.messages WHERE received_at > " + moment + ")"
}
