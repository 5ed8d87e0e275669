package main

import (
	"fmt"
	"io"
)

// progress tells of long work: steps, and how much of the present one is done,
// in one line that is written over on a terminal, else in a line for every
// tenth.
type progress struct {
	w        io.Writer
	terminal bool
	what     string
	open     bool // a line of the terminal is not ended
	said     int64
}

func (p *progress) say(step string) {
	p.end()
	p.what, p.said = step, 0
	fmt.Fprintln(p.w, step)
}

func (p *progress) step(done, total int64) {
	percent := done * 100 / max(1, total)
	switch {
	case p.terminal && percent > p.said:
		p.said, p.open = percent, true
		fmt.Fprintf(p.w, "\r%s: %3d%%  %d of %d", p.what, percent, done, total)
	case !p.terminal && percent >= p.said+10:
		p.said = percent - percent%10
		fmt.Fprintf(p.w, "%s: %d%% (%d of %d)\n", p.what, p.said, done, total)
	}
}

func (p *progress) end() {
	if p.open {
		fmt.Fprintln(p.w)
		p.open = false
	}
}
