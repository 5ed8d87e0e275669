package llm

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// gate lets so many in at once and so many wait; the urgent wait in front, and
// take the place of the last of the others when too many wait.
type gate struct {
	mu      sync.Mutex
	free    int
	waiting int            // at most
	lines   [2][]chan bool // the urgent, the others; each is told whether it may enter
}

const (
	urgentLine = iota
	commonLine
)

var (
	errFull = errors.New("too many wait for it")
	errLate = errors.New("the time is over before a place is free")
)

func newGate(places, waiting int) *gate { return &gate{free: places, waiting: waiting} }

// enter waits for a place. Who entered has to leave.
func (g *gate) enter(ctx context.Context, urgent bool) error {
	g.mu.Lock()
	if g.free > 0 {
		g.free--
		g.mu.Unlock()
		return nil
	}
	if !g.makeRoom(urgent) {
		g.mu.Unlock()
		return errFull
	}
	line := commonLine
	if urgent {
		line = urgentLine
	}
	turn := make(chan bool, 1)
	g.lines[line] = append(g.lines[line], turn)
	g.mu.Unlock()
	select {
	case entered := <-turn:
		if !entered {
			return errFull
		}
		return nil
	case <-ctx.Done():
		return g.giveUp(line, turn)
	}
}

// makeRoom reports whether one more may wait.
func (g *gate) makeRoom(urgent bool) bool {
	if len(g.lines[urgentLine])+len(g.lines[commonLine]) < g.waiting {
		return true
	}
	last := len(g.lines[commonLine]) - 1
	if !urgent || last < 0 {
		return false
	}
	g.lines[commonLine][last] <- false
	g.lines[commonLine] = g.lines[commonLine][:last]
	return true
}

// giveUp leaves a line; who was let in at the same moment gives the place back.
func (g *gate) giveUp(line int, turn chan bool) error {
	g.mu.Lock()
	if at := slices.Index(g.lines[line], turn); at >= 0 {
		g.lines[line] = slices.Delete(g.lines[line], at, at+1)
		g.mu.Unlock()
		return errLate
	}
	g.mu.Unlock()
	if <-turn {
		g.leave()
	}
	return errLate
}

// leave gives a place back: to the first who waits.
func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for line := range g.lines {
		if len(g.lines[line]) > 0 {
			g.lines[line][0] <- true
			g.lines[line] = g.lines[line][1:]
			return
		}
	}
	g.free++
}

// queued is how many wait.
func (g *gate) queued() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.lines[urgentLine]) + len(g.lines[commonLine])
}
