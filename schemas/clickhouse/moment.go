package warehouse

import "text/template"

// moment is a moment of arrival as SQL, and whose rows are read by it.
type moment struct {
	at     string
	rolled bool // for the rollup, which keeps more of a conversation than views tell
	among  bool // of the shoppers of rollup_changes alone, and all that their shops ordered
}

const asOf = "{as_of:DateTime64(3, 'UTC')}"

// parameter is the moment of a view's parameter.
var parameter = moment{at: asOf}

// functions are what templates may call.
func (m moment) functions() template.FuncMap {
	return template.FuncMap{
		"money": money, "quality": Quality, "moments": unitMoments, "no_moments": noMoments,
		"moment": func() string { return m.at }, "arrived": m.arrived, "ordered": m.ordered, "scored": m.scored,
		"rolled": func() bool { return m.rolled },
	}
}

// changes are the shoppers whom a generation computes anew.
const changes = "FROM askbuy.rollup_changes AS r WHERE r.lineage = {lineage:UInt64} AND r.as_of = " + asOf

// arrived narrows facts (e) of shoppers to those that had arrived by the moment.
func (m moment) arrived() string {
	sql := " AND e.received_at <= " + m.at
	if m.among {
		sql += " AND (shop_id, user_id) IN (SELECT r.shop_id, r.user_id " + changes + ")"
	}
	return sql
}

// ordered does so with order events, which need not name their shopper.
func (m moment) ordered() string {
	sql := " AND e.received_at <= " + m.at
	if m.among {
		sql += " AND shop_id IN (SELECT r.shop_id " + changes + ")"
	}
	return sql
}

// scored leaves out the scores of messages that arrived after the moment.
// These are few, and no copy of a message is stored beside its first: the
// table is read without FINAL, and of most of it one column alone.
func (m moment) scored() string {
	late := "SELECT shop_id, user_id, event_id FROM askbuy.messages WHERE received_at > " + m.at
	sql := ""
	if m.among {
		sql = " AND (shop_id, user_id) IN (SELECT r.shop_id, r.user_id " + changes + ")"
	}
	return "\n    WHERE (shop_id, user_id, event_id) NOT IN (" + late + ")" + sql
}
