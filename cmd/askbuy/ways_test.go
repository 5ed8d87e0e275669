package main

import (
	"fmt"
	"math/rand/v2"
	"syscall"

	"askbuy/internal/crash"
)

// kill is one way to end a process.
type kill struct {
	name string
	plan string // of the process, when it ends itself
	do   func(*campaign)
}

// ways are the kills that come to a point, drawn anew each time.
type ways map[crash.Point]func(*rand.Rand) kill

// inLoad is a point that any load comes to.
func inLoad(p crash.Point, within int) func(*rand.Rand) kill {
	return func(r *rand.Rand) kill {
		return kill{string(p), fmt.Sprintf("%s:%d", p, 1+r.IntN(within)), func(c *campaign) { c.more(); c.falls() }}
	}
}

// heldUntil is a point after which the process goes on without whoever
// reached it, up to a second point.
func heldUntil(p, then crash.Point, within int) func(*rand.Rand) kill {
	return func(r *rand.Rand) kill {
		k := inLoad(p, within)(r)
		k.plan += ">" + string(then)
		return k
	}
}

// everywhere are the kills that any installation can be put through, by the
// point they are about.
var everywhere = ways{
	crash.DoorStored:        inLoad(crash.DoorStored, 40),
	crash.OrderSet:          inLoad(crash.OrderSet, 4),
	crash.JourneySet:        heldUntil(crash.JourneySet, crash.AckedJourneyTable, 10),
	crash.AckedJourney:      inLoad(crash.AckedJourney, 20),
	crash.AckedOrdersTable:  inLoad(crash.AckedOrdersTable, 4),
	crash.AckedJourneyTable: inLoad(crash.AckedJourneyTable, 20),
	crash.AckedScores:       inLoad(crash.AckedScores, 20),
	crash.AckedTouches:      inLoad(crash.AckedTouches, 3),
	crash.SinkFacts:         inLoad(crash.SinkFacts, 1),
	crash.SinkReceipts:      inLoad(crash.SinkReceipts, 1),
	crash.SinkStored:        inLoad(crash.SinkStored, 1),
	crash.ViewMade: func(r *rand.Rand) kill {
		return kill{string(crash.ViewMade), fmt.Sprintf("%s:%d", crash.ViewMade, 1+r.IntN(20)), func(c *campaign) { c.falls() }}
	},
	crash.SnapshotWritten: func(*rand.Rand) kill {
		return kill{string(crash.SnapshotWritten), string(crash.SnapshotWritten), func(c *campaign) {
			c.more()
			c.some()
			c.signal(syscall.SIGTERM)
			c.falls()
		}}
	},
	crash.ErasureStep: func(r *rand.Rand) kill {
		return kill{string(crash.ErasureStep), fmt.Sprintf("%s:%d", crash.ErasureStep, 1+r.IntN(8)), func(c *campaign) {
			c.more()
			c.erase()
			c.falls()
		}}
	},
	crash.RepairWritten: func(*rand.Rand) kill {
		return kill{string(crash.RepairWritten), string(crash.RepairWritten), func(c *campaign) {
			c.more()
			c.some()
			c.askForRepairs()
			c.falls()
		}}
	},
}

// atRandom are kills at no point in particular.
var atRandom = []func(*rand.Rand) kill{
	func(*rand.Rand) kill {
		return kill{"random moment", "", func(c *campaign) { c.more(); c.some(); c.instance.kill() }}
	},
	func(*rand.Rand) kill {
		return kill{"random moment, without ClickHouse", "", func(c *campaign) {
			c.more()
			c.some()
			c.engineOwner().killClickHouse()
			c.kills["ClickHouse"]++
			c.some()
			c.instance.kill()
			if c.host != nil { // without a warehouse no start succeeds
				c.host.awaitClickHouse()
			}
		}}
	},
}

// childAt are the points at which a process loses its ClickHouse, goes on, and
// is killed a while later.
var childAt = ways{
	crash.SinkFacts:     childLost(crash.SinkFacts),
	crash.SinkReceipts:  childLost(crash.SinkReceipts),
	crash.SinkStored:    childLost(crash.SinkStored),
	crash.RepairWritten: childLost(crash.RepairWritten),
	crash.ErasureStep:   childLost(crash.ErasureStep),
}

func childLost(p crash.Point) func(*rand.Rand) kill {
	return func(r *rand.Rand) kill {
		name := ofClickHouse + string(p)
		return kill{name, name, func(c *campaign) {
			c.more()
			c.some()
			switch p {
			case crash.ErasureStep:
				c.erase()
			case crash.RepairWritten:
				c.askForRepairs()
			}
			if err := c.await(c.err, "ClickHouse ended unasked"); err != nil {
				c.t.Fatalf("%s: %v\n%s", name, err, c.err)
			}
			c.kills["ClickHouse"]++
			c.some()
			c.instance.kill()
		}}
	}
}

// onFresh are the kills of a first start, when there is nothing yet.
var onFresh = ways{
	crash.Migrated: func(r *rand.Rand) kill {
		return kill{string(crash.Migrated), fmt.Sprintf("%s:%d", crash.Migrated, 1+r.IntN(5)), func(c *campaign) { c.falls() }}
	},
}

// inOutage are the kills of a process whose broker is away.
var inOutage = ways{
	crash.SpoolWritten: outage(crash.SpoolWritten),
	crash.SpoolSynced:  outage(crash.SpoolSynced),
	crash.SpoolDrained: outage(crash.SpoolDrained),
}

// outage ends the host as well: broker and warehouse, at once.
func outage(p crash.Point) func(*rand.Rand) kill {
	return func(*rand.Rand) kill {
		return kill{string(p), string(p), func(c *campaign) {
			acked, leave := c.repeater.sent()
			c.repeater.until(acked+(leave-acked)/2, c.ended)
			c.host.kill()
			c.kills["broker and ClickHouse"]++
			c.more()
			if p == crash.SpoolDrained {
				_, leave = c.repeater.sent()
				c.repeater.until(leave, c.ended) // the spool answers for the broker
				c.host.again()
				c.falls()
				return
			}
			c.falls()
			c.host.again()
		}}
	}
}
