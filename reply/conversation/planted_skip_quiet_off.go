//go:build !plant_skip_quiet

package conversation

// skipQuiet would have a takeover answer without waiting for the replicas. It
// is a mistake that a build tag plants, so that tests can be seen to find it.
const skipQuiet = false
