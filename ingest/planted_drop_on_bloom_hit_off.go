//go:build !plant_drop_on_bloom_hit

package ingest

// dropMaybe would take what the filters cannot settle for a repetition. It is
// a mistake that a build tag plants, so that the simulation can be seen to
// find it.
const dropMaybe = false
