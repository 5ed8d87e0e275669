package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"askbuy/internal/clickhouse/embedded"
	"askbuy/internal/crash"
	"askbuy/reply/llm/llmtest"
)

// asProgram makes a test binary the program itself, so that tests start real
// processes without building any. It has none of the program's prefix, which
// would be warned of.
const asProgram = "TEST_BINARY_IS_ASKBUY"

// crashAt plans where that program ends; see crash.Arm.
const crashAt = "TEST_CRASH_AT"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		if err := arm(os.Getenv(crashAt)); err != nil {
			panic(err)
		}
		main()
	}
	embedded.Main()
	llmtest.Main()
	os.Exit(m.Run())
}

// ofClickHouse begins a plan that ends the child, and not the program.
const ofClickHouse = "ClickHouse at "

func arm(plan string) error {
	if plan == "" {
		return nil
	}
	do := crash.End
	if rest, ofChild := strings.CutPrefix(plan, ofClickHouse); ofChild {
		plan, do = rest, func() {
			if err := killChildren(os.Getpid()); err != nil {
				panic(err)
			}
		}
	}
	return crash.Arm(plan, do, os.Stderr)
}

// patience bounds every wait of these tests; nothing is measured by it.
const patience = 2 * time.Minute

// transcript is what a process writes, as it comes.
type transcript struct {
	mu      sync.Mutex
	text    strings.Builder
	changed chan struct{} // closed at the next write
}

func newTranscript() *transcript { return &transcript{changed: make(chan struct{})} }

func (s *transcript) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
	return s.text.Write(b)
}

// read returns what was written, and what tells of more.
func (s *transcript) read() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String(), s.changed
}

func (s *transcript) String() string {
	text, _ := s.read()
	return text
}

// process is a running askbuy.
type process struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, err *transcript
	ended    chan struct{}
	code     int // valid once ended
}

// environment is that of a machine where nobody has configured anything.
func environment(more ...string) []string {
	env := []string{asProgram + "=1"}
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		if name == embedded.EnvLib || !strings.HasPrefix(name, "ASKBUY_") && name != "COZE_SECRET" {
			env = append(env, pair)
		}
	}
	return append(env, more...)
}

// launch starts the program in an empty directory of its own.
func launch(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{t: t, cmd: exec.Command(self, args...), out: newTranscript(), err: newTranscript(), ended: make(chan struct{})}
	p.cmd.Dir, p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = t.TempDir(), env, p.out, p.err
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		p.cmd.Wait() //nolint:errcheck // the exit code is looked at
		p.code = p.cmd.ProcessState.ExitCode()
	}()
	t.Cleanup(func() {
		p.cmd.Process.Kill() //nolint:errcheck // it may have ended
		<-p.ended
	})
	return p
}

// wait waits for the end and returns the exit code.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("%v does not end\n%s\n%s", p.cmd.Args[1:], p.out, p.err)
	}
	return p.code
}

var errEnded = errors.New("the process has ended")

// await waits until one of its streams has said something.
func (p *process) await(s *transcript, something string) error {
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	for {
		text, changed := s.read()
		if strings.Contains(text, something) {
			return nil
		}
		select {
		case <-changed:
		case <-p.ended:
			if strings.Contains(s.String(), something) {
				return nil
			}
			return errEnded
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// ask runs a command to its end.
func ask(t *testing.T, args ...string) *process {
	t.Helper()
	p := launch(t, environment(), args...)
	p.wait()
	return p
}

// wants fails the test unless the command ended with a code.
func (p *process) wants(code int) *process {
	p.t.Helper()
	if p.wait() != code {
		p.t.Fatalf("%v: exit code %d, want %d\n%s\n%s", p.cmd.Args[1:], p.code, code, p.out, p.err)
	}
	return p
}
