package processors

import (
	"fmt"
	"runtime/debug"
)

// panicked is what a pure function left instead of an answer: a mistake of
// ours that must not stop the records behind the one that showed it.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("processing panicked: %v", p.value) }

// safely turns a panic of a pure function into an error. Nothing of Goka may
// run inside: it deadlocks when its own panics are recovered.
func safely[T any](f func() (T, error)) (v T, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &panicked{r, debug.Stack()}
		}
	}()
	return f()
}
