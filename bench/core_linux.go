package main

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// onCore calls start on a thread that is bound to the core; a child inherits
// that. The thread is thrown away.
func onCore(core int, start func() error) error {
	failed := make(chan error)
	go func() {
		runtime.LockOSThread()
		var set unix.CPUSet
		set.Set(core)
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			failed <- fmt.Errorf("bind to core %d (two are needed): %w", core, err)
			return
		}
		failed <- start()
	}()
	return <-failed
}
