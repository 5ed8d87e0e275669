//go:build unix && !noembed

package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// stopGrace bounds an orderly stop; a query in flight has been seen to take six seconds of it.
const stopGrace = 20 * time.Second

// stderrKept bounds stderr.log: a longer one is emptied at the next start.
const stderrKept = 1 << 20

// child is one run of the server process.
type child struct {
	cmd    *exec.Cmd
	leave  func()        // asks for an orderly stop
	done   chan struct{} // closed once the process has been waited for
	err    error         // of Wait, valid after done
	stderr string        // path
	from   int64         // where this run's part of stderr begins
}

// launch starts cmd in a session of its own, so that a terminal's Ctrl-C reaches this process alone, with the
// directory's lock inherited. released runs once the process is gone.
func launch(cmd *exec.Cmd, s *settings, lock *os.File, leave, released func()) (*child, error) {
	errLog, from, err := openStderr(s.path(stderrFile))
	if err != nil {
		return nil, err
	}
	cmd.Dir, cmd.Stderr, cmd.ExtraFiles = s.Dir, errLog, []*os.File{lock}
	c := &child{cmd: cmd, leave: leave, done: make(chan struct{}), stderr: errLog.Name(), from: from}
	started := make(chan error)
	go func() {
		// On Linux the parent-death signal is tied to the thread that started the process: keep it.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := cmd.Start()
		started <- errors.Join(err, errLog.Close())
		if err != nil {
			return
		}
		c.err = cmd.Wait()
		released()
		close(c.done)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	preferAsVictim(cmd.Process.Pid)
	return c, nil
}

func openStderr(path string) (f *os.File, from int64, err error) {
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(path); err == nil {
		from = info.Size()
	}
	if from > stderrKept {
		flags, from = flags|os.O_TRUNC, 0
	}
	f, err = os.OpenFile(path, flags, 0o600)
	if err != nil {
		return nil, 0, fmt.Errorf("open ClickHouse's stderr: %w", err)
	}
	return f, from, nil
}

// preferAsVictim makes the kernel kill the server, which is restarted and loses nothing, before this process.
// It is a wish: without /proc or the right to write there nothing changes.
func preferAsVictim(pid int) {
	_ = os.WriteFile("/proc/"+strconv.Itoa(pid)+"/oom_score_adj", []byte("500"), 0)
}

// logNotice are the lines in which the server tells where it logs.
var logNotice = regexp.MustCompile(`(?m)^Logging \w+ to .*\n`)

// stackTrace is what follows an exception that the server did not expect: frames, and words about them.
var stackTrace = regexp.MustCompile(`(?m)(, Stack trace.*|^\d+\. .* @ 0x.*|^Cannot print extra info.*|^\(version .*)\n?`)

// reason is what the process wrote to stderr, at most its last 600 bytes; its exit code says nothing.
func (c *child) reason() string {
	f, err := os.Open(c.stderr)
	if err != nil {
		return ""
	}
	defer f.Close()
	b, err := io.ReadAll(io.NewSectionReader(f, c.from, stderrKept))
	if err != nil {
		return ""
	}
	b = stackTrace.ReplaceAll(logNotice.ReplaceAll(b, nil), nil)
	if len(b) > 600 {
		b = b[len(b)-600:]
	}
	return string(bytes.TrimSpace(bytes.ToValidUTF8(b, nil)))
}

// stop waits for an orderly end and forces one after stopGrace.
func (c *child) stop() error {
	c.leave()
	timer := time.NewTimer(stopGrace)
	defer timer.Stop()
	select {
	case <-c.done:
		return nil
	case <-timer.C:
	}
	if err := c.cmd.Process.Signal(unix.SIGKILL); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill ClickHouse: %w", err)
	}
	<-c.done
	return fmt.Errorf("ClickHouse did not stop within %s and was killed; no acknowledged row is lost", stopGrace)
}
