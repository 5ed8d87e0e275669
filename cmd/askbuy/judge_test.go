package main

import (
	"fmt"
	"strconv"
	"strings"
)

// outcome is what a campaign came to.
type outcome struct{ kills, requests, events, retries, lost, duplicated int }

func (o outcome) String() string {
	return fmt.Sprintf("kills %d, requests %d, acked events %d, retries %d, lost %d, duplicated %d", o.kills, o.requests, o.events, o.retries, o.lost, o.duplicated)
}

// facts are the tables of events, of which each has to be there once.
var facts = []string{"messages", "order_events", "behaviors", "exposures", "feedback", "aliases"}

// judge sees that nothing was lost, and nothing is there twice.
func (c *campaign) judge() outcome {
	c.t.Helper()
	c.awaitErasures()
	c.verified(c.recorded.truth)
	o := outcome{requests: len(c.recorded.log), events: c.repeater.events, retries: c.repeater.retries}
	for _, n := range c.kills {
		o.kills += n
	}
	var parts []string
	for _, table := range facts {
		parts = append(parts, "SELECT count() AS n_rows, uniqExact(identity) AS n_events FROM askbuy."+table+" FINAL WHERE shop_id != 'erased'")
	}
	_, _, rows, err := c.warehouse().Query(c.t.Context(), "SELECT toString(sum(n_rows)), toString(sum(n_events)) FROM ("+strings.Join(parts, " UNION ALL ")+")", nil)
	if err != nil {
		c.t.Fatal(err)
	}
	have, _ := strconv.Atoi(rows[0][0].(string))
	different, _ := strconv.Atoi(rows[0][1].(string))
	o.lost, o.duplicated = c.recorded.events-different, have-different
	if o.lost != 0 || o.duplicated != 0 || o.events < c.recorded.events {
		c.t.Errorf("%d different events were told, %d answered for, %d are there, in %d rows", c.recorded.events, o.events, different, have)
	}
	return o
}
