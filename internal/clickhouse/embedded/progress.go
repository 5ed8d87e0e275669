//go:build unix && !noembed

package embedded

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// reportEvery is short on a terminal, where one line is rewritten, and long in a log.
func reportEvery(w io.Writer) time.Duration {
	if isTerminal(w) {
		return 250 * time.Millisecond
	}
	return 3 * time.Second
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// meter reports a growing number of bytes until it is stopped.
type meter struct{ quit, done chan struct{} }

func startMeter(w io.Writer, label string, total int64, every time.Duration, done func() int64) *meter {
	m := &meter{quit: make(chan struct{}), done: make(chan struct{})}
	begin, tty := time.Now(), isTerminal(w)
	report := func() { fmt.Fprint(w, progressLine(label, done(), total, time.Since(begin), tty)) }
	go func() {
		defer close(m.done)
		tick := time.NewTicker(every)
		defer tick.Stop()
		report()
		for {
			select {
			case <-tick.C:
				report()
			case <-m.quit:
				report()
				if tty {
					fmt.Fprintln(w)
				}
				return
			}
		}
	}()
	return m
}

// stop prints the last figure and returns when nothing more will be printed.
func (m *meter) stop() {
	close(m.quit)
	<-m.done
}

// progressLine shows megabytes (10^6 bytes), at most total of them, and seconds.
func progressLine(label string, done, total int64, spent time.Duration, tty bool) string {
	done = min(done, total)
	line := fmt.Sprintf("%s: %d of %d MB, %.0f s", label, done/1e6, total/1e6, spent.Seconds())
	if tty {
		return "\r" + line + "\x1b[K"
	}
	return line + "\n"
}
