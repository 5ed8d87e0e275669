package spool

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"testing"
)

const killedDir = "ASKBUY_TEST_SPOOL"

// TestMain is also the process that TestKill kills: it keeps records and
// prints the number of each once it is acknowledged.
func TestMain(m *testing.M) {
	if dir := os.Getenv(killedDir); dir != "" {
		keepUntilKilled(dir)
	}
	os.Exit(m.Run())
}

func keepUntilKilled(dir string) {
	s, err := Open(configOf(dir), depsOf(&broker{silent: true}))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	stop := make(chan struct{})
	go s.drainUntil(context.Background())
	go s.commitUntil(stop)
	for n := 0; ; n += 10 {
		acks := make(chan error, 10)
		for i := range 10 {
			s.Append(recordOf(n+i), func(err error) { acks <- err })
		}
		for i := range 10 {
			if err := <-acks; err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			fmt.Println(n + i)
		}
	}
}

// A process is killed in the middle of its writing, three times over: every
// record that it acknowledged is there, in order.
func TestKill(t *testing.T) {
	dir := t.TempDir()
	for range 3 {
		kept := killAfter(t, dir, 300)
		b := &broker{}
		s := openSpool(t, configOf(dir), depsOf(b))
		drainAll(t, s)
		got := numbers(b.records())
		if len(got) < kept || !slices.Equal(got, upTo(len(got))) {
			t.Fatalf("%d acknowledged, %d found", kept, len(got))
		}
		must(t, s.Close())
	}
}

// killAfter returns how many records a process acknowledged before it died.
func killAfter(t *testing.T, dir string, acks int) int {
	t.Helper()
	self, err := os.Executable()
	must(t, err)
	cmd := exec.Command(self)
	cmd.Env, cmd.Stderr = append(os.Environ(), killedDir+"="+dir), os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	lines := bufio.NewScanner(out)
	n := 0
	for ; lines.Scan(); n++ {
		if n == acks {
			must(t, cmd.Process.Kill())
		}
	}
	if err := cmd.Wait(); err == nil || n < acks {
		t.Fatalf("%d acknowledged, then %v", n, err)
	}
	return n
}
