package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// Cores of the door's measurement. The door has one to itself.
const (
	doorCore = 0
	restCore = 1
)

// process is this program in one of its roles. It ends when its standard input
// does, and so never outlives the measurement.
type process struct {
	cmd   *exec.Cmd
	stdin io.Closer
	out   *bufio.Reader
}

// start runs a role on one core.
func start(ctx context.Context, core int, role string, given any) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(given)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, role, string(b))
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := onCore(core, cmd.Start); err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	return &process{cmd, stdin, bufio.NewReader(stdout)}, nil
}

// line is the next line that the process says.
func (p *process) line() (string, error) {
	line, err := p.out.ReadString('\n')
	if err != nil {
		return "", fmt.Errorf("%s said nothing: %w", p.cmd.Args[1], errors.Join(err, p.cmd.Wait()))
	}
	return strings.TrimSpace(line), nil
}

// stop ends the process and waits for it.
func (p *process) stop() error {
	return errors.Join(p.stdin.Close(), p.cmd.Wait())
}

// untilStdinEnds is the context of a role that serves.
func untilStdinEnds(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() { // ends with the process at the latest
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	return ctx, cancel
}
