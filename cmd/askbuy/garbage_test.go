package main

import (
	"runtime/debug"
	"testing"
)

// What the operator says of garbage holds; else a running instance has its own.
func TestGarbageIsCollectedSeldomUnlessToldOtherwise(t *testing.T) {
	before := debug.SetGCPercent(77)
	defer debug.SetGCPercent(before)
	collectSeldom([]string{"HOME=/", "GOGC=50"}) // the runtime has read it already
	if got := debug.SetGCPercent(77); got != 77 {
		t.Errorf("GOGC is set, and %d is in force", got)
	}
	collectSeldom([]string{"HOME=/", "XGOGC=50"})
	if got := debug.SetGCPercent(77); got != heapGrowth {
		t.Errorf("GOGC is not set, and %d is in force", got)
	}
}
