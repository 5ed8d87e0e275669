//go:build !plant_mark_before_ack

package ingest

// markFirst would remember an event before the broker has it. It is a mistake
// that a build tag plants, so that the simulation can be seen to find it.
const markFirst = false
