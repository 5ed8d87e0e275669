//go:build synctests

package bubble

import (
	"fmt"
	"time"
)

// counts are what runs were made of.
type counts struct {
	events     int // with one identity each
	deliveries int // of events by senders, each until it was acknowledged
	refusals   int // answers of senders' requests that were none, or not 200
	records    int // raw
	mishaps    int // crashes among them
	crashes    int
	faults     int // of the warehouse
	virtual    time.Duration
}

func (c *counts) add(o counts) {
	c.events += o.events
	c.deliveries += o.deliveries
	c.refusals += o.refusals
	c.records += o.records
	c.mishaps += o.mishaps
	c.crashes += o.crashes
	c.faults += o.faults
	c.virtual += o.virtual
}

func (c counts) String() string {
	return fmt.Sprintf("events %d, deliveries %d, duplicates and conflicts in the log %d, unanswered or refused requests %d, mishaps %d (crashes %d), warehouse faults %d, virtual time %v",
		c.events, c.deliveries, c.records-c.events, c.refusals, c.mishaps, c.crashes, c.faults, c.virtual.Round(time.Second))
}
