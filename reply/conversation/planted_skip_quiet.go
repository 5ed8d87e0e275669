//go:build plant_skip_quiet

package conversation

const skipQuiet = true
