//go:build !plant_unordered_commit

package kafka

// unordered would commit records as they are done, whatever the state of those
// before them. It is a mistake that a build tag plants, so that the simulation
// can be seen to find it.
const unordered = false
