//go:build unix && !noembed

package embedded

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// Environment variables that turn this test binary into something else.
const (
	envParent     = "ASKBUY_TEST_PARENT"
	envClickHouse = "ASKBUY_TEST_CLICKHOUSE"
)

// actAsParent starts an engine, tells its addresses and pid, and waits to be killed.
func actAsParent() {
	dir := os.Getenv(envParent)
	if dir == "" {
		return
	}
	e, err := Start(context.Background(), testOptions(dir))
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	fmt.Println(e.HTTPAddr(), e.NativeAddr(), e.PID())
	select {}
}

// A process that was killed leaves a child on its way out; the next start gets the directory and the ports.
func TestKilledParentLeavesNothingBehind(t *testing.T) {
	dir := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), envParent+"="+dir)
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	words := strings.Fields(line)
	if err != nil || len(words) != 3 {
		t.Fatalf("parent said %q, %v", line, err)
	}
	pid, err := strconv.Atoi(words[2])
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // "signal: killed" is what we asked for
	o := testOptions(dir)
	o.HTTPAddr, o.NativeAddr = words[0], words[1]
	e := startEngine(t, o)
	mustAsk(t, e, "SELECT 1")
	if alive(pid) {
		t.Errorf("the orphan %d still runs", pid)
	}
}
