package questions

// compareSQL adds up, over the days that are closed in both periods.
func compareSQL(d *draft) string {
	return `SELECT uniqExact(slot) AS days,
    sumIf(n, is_now) AS conversations, sumIf(n, NOT is_now) AS conversations_before,
    sumIf(high, is_now) AS high_intent, sumIf(high, NOT is_now) AS high_intent_before,
    sumIf(hits_all, is_now) AS ordered, sumIf(hits_all, NOT is_now) AS ordered_before,
    sumIf(hits, is_now) AS high_intent_ordered, sumIf(hits, NOT is_now) AS high_intent_ordered_before,
    ` + d.amount("sumIf(net, is_now)") + ` AS net_amount, ` + d.amount("sumIf(net, NOT is_now)") + ` AS net_amount_before, ` + d.currency() + ` AS currency
` + d.closedInBoth()
}

// closedInBoth are the days of the period (is_now) and of the one before, each with the day of the period that it is
// compared with (slot): those whose windows are closed in both.
func (d *draft) closedInBoth() string {
	span := "(" + d.bind("to") + " - " + d.bind("from") + " + 1)"
	return `FROM
(
    SELECT *, min(is_over) OVER (PARTITION BY slot) AS both_over
    FROM
    (
        SELECT c.cohort_date >= ` + d.bind("from") + ` AS is_now, if(is_now, c.cohort_date, c.cohort_date + ` + span + `) AS slot,
            ` + d.countAll() + ` AS n, ` + d.counts("high_intent") + ` AS high, ` + d.counts("ordered") + ` AS hits_all, ` + d.counts("high_intent_ordered") + ` AS hits, sum(c.net_amount) AS net,
            ` + d.countAnswered() + ` = ` + d.countClosed() + ` AS is_over
        ` + d.conversationsIn("c.cohort_date BETWEEN "+d.bind("from")+" - "+span+" AND "+d.bind("to")) + `
        GROUP BY is_now, slot
    )
)
WHERE both_over AND toDateTime(slot, 'UTC') + toIntervalDay(4) <= ` + d.bind("as_of")
}

// compared narrows a list to the days behind one side of a comparison. Which days are closed is asked of all
// conversations of the cut, whatever else narrows the list.
func (d *draft) compared(column string) string {
	cut := *d
	cut.question = Question{Params: cuts}
	days := cut.closedInBoth()
	d.bound = cut.bound
	span := "(" + d.bind("to") + " - " + d.bind("from") + " + 1)"
	if d.args["compared"] == "now" {
		return column + " IN (SELECT slot " + days + " AND is_now)"
	}
	return column + " IN (SELECT slot - " + span + " " + days + " AND NOT is_now)"
}
