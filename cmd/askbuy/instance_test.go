package main

import (
	"encoding/json"
	"errors"
	"net"
	"os"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"askbuy/internal/clickhouse"
	"askbuy/pipeline"
)

// instance is a process of `askbuy run`, on a data directory and ports that
// stay the same when it is started again.
type instance struct {
	*process
	t     *testing.T
	dir   string
	ports []string
	args  []string
	env   []string
	at    pipeline.Endpoints
}

// start runs an instance on an empty directory and waits until it is ready.
func start(t *testing.T, args ...string) *instance {
	t.Helper()
	i := prepare(t, nil, args...)
	i.again()
	return i
}

// prepare makes an instance that does not run yet.
func prepare(t *testing.T, env []string, args ...string) *instance {
	t.Helper()
	i := &instance{t: t, dir: t.TempDir(), args: args, env: env}
	for n, flag := range []string{"http-addr", "admin-addr", "embedded-kafka-addr", "embedded-clickhouse-http-addr", "embedded-clickhouse-native-addr"} {
		i.ports = append(i.ports, "--"+flag, freeAddr(t, n))
	}
	return i
}

// nextPort goes through the ports, beginning anywhere: the next run of the
// tests should not meet what the last one left in the system's memory.
var nextPort = func() *atomic.Int64 {
	n := &atomic.Int64{}
	n.Store(int64(os.Getpid()))
	return n
}()

// freeAddr finds a port that the system gives to nobody by itself: while an
// instance is away, somebody else's connection must not come to sit on it.
func freeAddr(t *testing.T, n int) string {
	t.Helper()
	const lowest, ports, kinds = 12000, 4000, 5
	for range ports {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+kinds*int(nextPort.Add(1)%ports)+n))
		l, err := net.Listen("tcp", addr)
		if err == nil {
			l.Close()
			return addr
		}
	}
	t.Fatal("no port is free")
	return ""
}

// again starts the instance, anew after an end, and waits until it is ready.
func (i *instance) again() {
	i.t.Helper()
	if !i.up("") {
		i.t.Fatalf("run %v: it ended with exit code %d\n%s\n%s", i.args, i.code, i.out, i.err)
	}
}

// up starts the instance with a plan for its end, and waits until it is ready
// or has come to that end.
func (i *instance) up(crashPlan string) (ready bool) {
	i.t.Helper()
	env := environment(append([]string{crashAt + "=" + crashPlan}, i.env...)...)
	i.process = launch(i.t, env, append(append([]string{"run", "--data-dir", i.dir}, i.ports...), i.args...)...)
	i.t.Cleanup(func() { // before the directory goes, which ClickHouse must have left
		if p := i.process; p.cmd.Process.Signal(syscall.SIGTERM) == nil {
			p.wait()
		}
	})
	switch err := i.await(i.out, "\naskbuy is ready\n"); {
	case errors.Is(err, errEnded):
		i.wait()
		return false
	case err != nil:
		i.t.Fatalf("run %v: not ready: %v\n%s\n%s", i.args, err, i.out, i.err)
	}
	at, err := pipeline.ReadEndpoints(i.dir)
	if err != nil {
		i.t.Fatal(err)
	}
	i.at = at
	return true
}

// killed reports whether the process ended as by kill -9.
func (p *process) killed() bool {
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == syscall.SIGKILL
}

// kill ends the process as a power cut would.
func (i *instance) kill() {
	i.t.Helper()
	if err := i.cmd.Process.Kill(); err != nil {
		i.t.Fatal(err)
	}
	i.wait()
}

// stop ends the process in good order.
func (i *instance) stop() {
	i.t.Helper()
	if err := i.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		i.t.Fatal(err)
	}
	i.wants(exitDone)
}

// ask runs another command against the instance.
func (i *instance) ask(args ...string) *process {
	i.t.Helper()
	return ask(i.t, append(args, "--data-dir", i.dir)...)
}

// begin starts another command against the instance.
func (i *instance) begin(args ...string) *process {
	i.t.Helper()
	return launch(i.t, environment(), append(args, "--data-dir", i.dir)...)
}

// settled waits until nothing is in flight, and sees that all is right.
func (i *instance) settled() {
	i.t.Helper()
	i.ask("verify", "--against-facts").wants(exitDone)
}

// report reads a report in its JSON form.
func (i *instance) report(into any, args ...string) {
	i.t.Helper()
	p := i.ask(append(append([]string{"report"}, args...), "--format", "json")...).wants(exitDone)
	if err := json.Unmarshal([]byte(p.out.String()), into); err != nil {
		i.t.Fatalf("report %v: %v\n%s", args, err, p.out)
	}
}

// warehouse opens the instance's ClickHouse as the instance itself does.
func (i *instance) warehouse() *clickhouse.DB {
	i.t.Helper()
	db, err := clickhouse.Open(i.t.Context(), i.at.DSN)
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { db.Close() })
	return db
}
