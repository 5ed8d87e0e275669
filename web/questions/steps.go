package questions

// step narrows conversations to those that a number counts. The same condition makes the number and its list.
type step struct{ name, condition string }

var steps = []step{
	{"high_intent", "c.high_intent_at IS NOT NULL"},
	{"high_intent_ordered", "c.is_high_intent_ordered = 1"},
	{"high_intent_kept", "c.is_high_intent_kept = 1"},
	{"low_intent", "c.high_intent_at IS NULL"},
	{"low_intent_ordered", "c.is_ordered = 1 AND c.high_intent_at IS NULL"},
	{"low_intent_kept", "c.is_kept = 1 AND c.high_intent_at IS NULL"},
	{"carted", "c.is_carted = 1"},
	{"ordered", "c.is_ordered = 1"},
	{"kept", "c.is_kept = 1"},
	{"closed", "c.is_closed = 1"},
	{"waiting", ""}, // condition needs the moment: see conversationStep
}

func stepNames() []string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = s.name
	}
	return names
}

// counts is how many conversations reached a step.
func (d *draft) counts(name string) string {
	if d.from == fromSums {
		return "sum(c." + name + ")"
	}
	if name == "waiting" {
		return "countIf(" + d.waiting() + ")"
	}
	for _, s := range steps {
		if s.name == name {
			return "countIf(" + s.condition + ")"
		}
	}
	panic("questions: there is no step " + name) // a test makes every statement
}

// conversationStep is the condition of the step asked for. Waiting: high intent in the last 48 h, and no order yet.
func (d *draft) conversationStep() string {
	if !d.has("step") || !d.question.Takes("step") {
		return ""
	}
	if d.args["step"] == "waiting" {
		return d.waiting()
	}
	for _, s := range steps {
		if s.name == d.args["step"] {
			return s.condition
		}
	}
	return "0"
}

// countAll is how many conversations there are.
func (d *draft) countAll() string {
	if d.from == fromSums {
		return "sum(c.conversations)"
	}
	return "count()"
}

// countAnswered is how many have a message of the shopper, countClosed those of them whose 72 h are over, countSettled
// those whose 15 days are.
func (d *draft) countAnswered() string {
	return d.sumOr("answered", "c.last_user_message_at IS NOT NULL")
}
func (d *draft) countClosed() string  { return d.sumOr("closed", "c.is_closed = 1") }
func (d *draft) countSettled() string { return d.sumOr("settled", "c.is_settled = 1") }

func (d *draft) sumOr(column, condition string) string {
	if d.from == fromSums {
		return "sum(c." + column + ")"
	}
	return "countIf(" + condition + ")"
}

func (d *draft) waiting() string {
	return "c.high_intent_at > " + d.bind("as_of") + " - toIntervalHour(48) AND c.is_ordered = 0"
}

func (d *draft) within() string {
	if !d.has("within_hours") || !d.question.Takes("within_hours") {
		return ""
	}
	return "c.high_intent_ordered_at <= c.high_intent_at + toIntervalHour(" + d.bind("within_hours") + ")"
}

// atRisk are the conversations that time_to_order still watches after so many hours.
func (d *draft) atRisk() string {
	if !d.has("at_risk_hours") || !d.question.Takes("at_risk_hours") {
		return ""
	}
	return "c.high_intent_at IS NOT NULL AND greatest(1, least(168, " + d.elapsed() + ")) >= " + d.bind("at_risk_hours")
}

// elapsed is how many hours, rounded up, a conversation of high intent was seen without an order.
func (d *draft) elapsed() string {
	return "ceil(dateDiff('millisecond', assumeNotNull(c.high_intent_at), ifNull(c.high_intent_ordered_at, " + d.bind("as_of") + ")) / 3600000)"
}

// conversations is the source of all questions on conversations, with what narrows them.
func (d *draft) conversations() string {
	if d.has("compared") && d.question.Takes("compared") {
		return d.conversationsIn(d.compared("c.cohort_date"))
	}
	return d.conversationsIn(d.days("c.cohort_date"))
}

func (d *draft) conversationsIn(days string) string {
	return "FROM " + d.conversationSource() + " AS c\nWHERE " + conditions(
		d.ofGeneration(), d.shop("c.shop_id"), days, d.equal("c.channel", "channel"), d.equal("c.intent", "intent"), d.equal("c.bot_id", "bot_id"),
		d.equal("c.coupon", "coupon"), d.equal("c.experiment", "experiment"), d.equal("c.user_id", "user_id"), d.equal("c.conv_id", "conv_id"),
		d.conversationStep(), d.within(), d.atRisk())
}

// cuts are the parameters that narrow conversations.
var cuts = []string{"from", "to", "channel", "intent", "bot_id", "coupon"}

// currency is that of the shops asked for, ” when they have several; amounts are NULL then.
func (d *draft) currency() string {
	return "(SELECT if(uniqExact(s.reporting_currency) = 1, any(s.reporting_currency), '') FROM " + d.shopList() + " AS s WHERE " +
		conditions(d.shop("s.shop_id"), "s.reporting_currency != ''") + ")"
}

// amount is a sum in that currency.
func (d *draft) amount(sum string) string {
	return "if((SELECT uniqExact(s.reporting_currency) FROM " + d.shopList() + " AS s WHERE " + conditions(d.shop("s.shop_id"), "s.reporting_currency != ''") +
		") > 1, NULL, toDecimal128(" + sum + ", 2))"
}
