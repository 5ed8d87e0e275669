// Package crash names the places at which a test may end this process as a
// power cut would: after one thing is durable, and before the next.
//
// In the product these places do nothing: Arm alone changes that, and only
// test binaries call it (TestOnlyTestsArm). Neither a flag nor a variable of
// the environment reaches it, so nobody can switch a crash on by mistake, and
// what is killed is the code that runs in production, not a build of its own.
package crash

import "strings"

// Point is one such place.
type Point string

// The points, in the order in which an event meets them.
const (
	// DoorStored: the broker or the spool has an event; the sender has no
	// answer, and the door's memory does not know of it.
	DoorStored Point = "door.stored"
	// SpoolWritten: a batch is in the spool's file, and not synced.
	SpoolWritten Point = "spool.written"
	// SpoolSynced: it is synced, and nobody was told.
	SpoolSynced Point = "spool.synced"
	// SpoolDrained: the broker has what was in the spool, which does not know.
	SpoolDrained Point = "spool.drained"
	// OrderSet and JourneySet: a state is set, and what follows is not said.
	OrderSet   Point = "order.set"
	JourneySet Point = "journey.set"
	// The broker has what a group said, which has not committed. Of these
	// there is one for each topic that groups write to; see Acked.
	AckedJourney      Point = acked + "journey.v1"
	AckedOrdersTable  Point = acked + "orders-table"
	AckedJourneyTable Point = acked + "journey-table"
	AckedScores       Point = acked + "message_scores.v1"
	AckedTouches      Point = acked + "touches.v1"
	// RepairWritten: the broker has the rows of a repair, which is not committed.
	RepairWritten Point = "repair.written"
	// SinkFacts: a batch's facts are stored, its receipts are not.
	SinkFacts Point = "sink.facts"
	// SinkReceipts: its receipts are, its dead letters are not.
	SinkReceipts Point = "sink.receipts"
	// SinkStored: all of it is stored, and not committed.
	SinkStored Point = "sink.stored"
	// Migrated: one of the warehouse's migrations is done, the next is not.
	Migrated Point = "warehouse.migrated"
	// ViewMade: likewise of the views.
	ViewMade Point = "warehouse.view"
	// SnapshotWritten: the door's memory is in a file that has no name yet.
	SnapshotWritten Point = "dedupe.snapshot"
	// ErasureStep: a step of an erasure is done, and its certificate says so.
	ErasureStep Point = "erasure.step"
)

const acked = "acked."

// All lists every point.
func All() []Point {
	return []Point{
		DoorStored, SpoolWritten, SpoolSynced, SpoolDrained, OrderSet, JourneySet,
		AckedJourney, AckedOrdersTable, AckedJourneyTable, AckedScores, AckedTouches, RepairWritten,
		SinkFacts, SinkReceipts, SinkStored, Migrated, ViewMade, SnapshotWritten, ErasureStep,
	}
}

// reached is what happens at a point: nothing, unless armed.
var reached func(Point)

// At says that the process is at a point.
func At(p Point) {
	if reached != nil {
		reached(p)
	}
}

// Acked says that the broker has a group's record for a topic.
func Acked(prefix, topic string) {
	if reached != nil {
		reached(acked + Point(strings.TrimPrefix(topic, prefix)))
	}
}
