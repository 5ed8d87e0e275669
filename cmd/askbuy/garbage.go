package main

import (
	"runtime/debug"
	"slices"
	"strings"
)

// heapGrowth is by how much of itself, in percent, the heap of a running
// instance grows before garbage is collected. Go's own 100 costs a tenth of the
// CPU more where shoppers are answered.
const heapGrowth = 200

// collectSeldom trades memory for time, unless the operator sets GOGC. GOMEMLIMIT
// has its effect beside it.
func collectSeldom(environ []string) {
	if !slices.ContainsFunc(environ, func(v string) bool { return strings.HasPrefix(v, "GOGC=") }) {
		debug.SetGCPercent(heapGrowth)
	}
}
