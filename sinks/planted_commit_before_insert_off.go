//go:build !plant_commit_before_insert

package sinks

// commitFirst would commit what is not stored yet. It is a mistake that a
// build tag plants, so that the simulation can be seen to find it.
const commitFirst = false
