package warehouse

import "text/template"

// moment is a moment of arrival, as SQL: that of a view's parameter, or of a
// rollup.
type moment string

const (
	parameter moment = "{as_of:DateTime64(3, 'UTC')}"
	upTo      moment = "upto" // named by a WITH at the top of a rollup's view
)

// functions are what templates may call.
func (m moment) functions() template.FuncMap {
	return template.FuncMap{
		"money": money, "quality": Quality, "moments": unitMoments, "no_moments": noMoments,
		"moment": func() string { return string(m) }, "arrived": m.arrived, "scored": m.scored,
	}
}

// arrived narrows facts (e) to those that had arrived by the moment.
func (m moment) arrived() string { return " AND e.received_at <= " + string(m) }

// scored leaves out the scores of messages that arrived after the moment.
// These are few, and no copy of a message is stored beside its first: the
// table is read without FINAL, and of most of it one column alone.
func (m moment) scored() string {
	return "\n    WHERE (shop_id, user_id, event_id) NOT IN (SELECT shop_id, user_id, event_id FROM askbuy.messages WHERE received_at > " + string(m) + ")"
}
