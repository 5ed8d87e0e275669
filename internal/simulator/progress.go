package simulator

import (
	"fmt"
	"io"
	"sync"
)

// progress tells how much of a long work is done: in one line that is written
// over on a terminal, else in a line for every tenth.
type progress struct {
	mu       sync.Mutex
	w        io.Writer
	terminal bool
	total    int
	done     int
	said     int // per cent
}

func newProgress(w io.Writer, terminal bool, total int) *progress {
	return &progress{w: w, terminal: terminal, total: total}
}

func (p *progress) step() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.done++
	percent := p.done * 100 / p.total
	if p.terminal && percent > p.said {
		p.said = percent
		fmt.Fprintf(p.w, "\rposting %3d%%  %d of %d requests", percent, p.done, p.total)
	}
	if !p.terminal && percent >= p.said+10 {
		p.said = percent - percent%10
		fmt.Fprintf(p.w, "posted %d%% (%d of %d requests)\n", p.said, p.done, p.total)
	}
}

func (p *progress) finish() {
	if p.terminal {
		fmt.Fprintln(p.w)
	}
}
