package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"askbuy/internal/wait"
	"askbuy/pipeline"
)

// Goals of a whole instance: everything in one process on embedded engines.
const (
	goalMemory    = 150 << 20 // bytes, of the idle process
	goalEngine    = 300 << 20 // bytes, of its ClickHouse
	goalFreshness = 3 * time.Second
)

// Times of the measurement.
const (
	settle   = 10 * time.Second // from readiness to idleness
	idle     = 10 * time.Second // measured
	posting  = 30 * time.Second
	startMax = time.Minute
)

// instance is a running `askbuy run`.
type instance struct {
	cmd     *exec.Cmd
	dir     string
	at      pipeline.Endpoints
	engine  int // pid of ClickHouse
	logFile *os.File
}

// measureInstance starts askbuy on an empty directory, looks at it while
// nobody sends, and then posts.
func measureInstance(ctx context.Context, s settings) (rows []row, err error) {
	dir, err := os.MkdirTemp("", "askbuy-bench-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	began := time.Now()
	i, err := startInstance(ctx, s.Binary, dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, i.stop()) }()
	rows = []row{{what: "start on an empty directory", measured: time.Since(began).Round(10 * time.Millisecond).String()}}
	for _, measure := range []func(context.Context, settings) ([]row, error){i.measureIdle, i.measureFreshness} {
		more, err := measure(ctx, s)
		if err != nil {
			return nil, err
		}
		rows = append(rows, more...)
	}
	return rows, nil
}

func startInstance(ctx context.Context, binary, dir string, args ...string) (*instance, error) {
	logFile, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	i := &instance{dir: filepath.Join(dir, "data"), logFile: logFile}
	const free = "127.0.0.1:0"
	i.cmd = exec.CommandContext(ctx, binary, append([]string{"run", "--data-dir", i.dir, "--http-addr", free, "--admin-addr", free,
		"--embedded-kafka-addr", free, "--embedded-clickhouse-http-addr", free, "--embedded-clickhouse-native-addr", free}, args...)...)
	i.cmd.Stdout, i.cmd.Stderr = logFile, logFile
	if err := i.cmd.Start(); err != nil {
		return nil, errors.Join(err, logFile.Close())
	}
	if err := i.await(ctx); err != nil {
		said, _ := os.ReadFile(logFile.Name())
		return nil, errors.Join(fmt.Errorf("start %s: %w; it said:\n%s", binary, err, said), i.stop())
	}
	return i, nil
}

// await waits until the instance is ready.
func (i *instance) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startMax)
	defer cancel()
	for {
		var err error
		if i.at, err = pipeline.ReadEndpoints(i.dir); err == nil {
			break
		}
		if wait.For(ctx, 10*time.Millisecond) != nil {
			return err
		}
	}
	engines, err := children(i.cmd.Process.Pid)
	if err != nil || len(engines) != 1 {
		return fmt.Errorf("find its ClickHouse among the children %v: %w", engines, err)
	}
	i.engine = engines[0]
	return nil
}

func (i *instance) stop() error {
	return errors.Join(i.cmd.Process.Signal(syscall.SIGTERM), i.cmd.Wait(), i.logFile.Close())
}

// measureIdle reads memory and CPU while nothing is sent.
func (i *instance) measureIdle(ctx context.Context, _ settings) ([]row, error) {
	if err := wait.For(ctx, settle); err != nil {
		return nil, err
	}
	own, engine, err := i.memory()
	if err != nil {
		return nil, err
	}
	load, err := i.load(ctx, idle)
	if err != nil {
		return nil, err
	}
	return []row{
		{what: "idle askbuy, resident", goal: "< " + megabytes(goalMemory), measured: megabytes(own), met: own < goalMemory},
		{what: "idle ClickHouse, resident", goal: "< " + megabytes(goalEngine), measured: megabytes(engine), met: engine < goalEngine},
		{what: "idle CPU over " + idle.String(), measured: load},
	}, nil
}

func (i *instance) memory() (own, engine int64, err error) {
	own, ownErr := resident(i.cmd.Process.Pid)
	engine, engineErr := resident(i.engine)
	return own, engine, errors.Join(ownErr, engineErr)
}

// load is the CPU that both processes use meanwhile, in shares of a core.
func (i *instance) load(ctx context.Context, d time.Duration) (string, error) {
	var shares [2]float64
	pids := [2]int{i.cmd.Process.Pid, i.engine}
	for n, pid := range pids {
		before, err := cpuTime(pid)
		if err != nil {
			return "", err
		}
		shares[n] = -before.Seconds()
	}
	began := time.Now()
	if err := wait.For(ctx, d); err != nil {
		return "", err
	}
	took := time.Since(began).Seconds()
	for n, pid := range pids {
		after, err := cpuTime(pid)
		if err != nil {
			return "", err
		}
		shares[n] = (shares[n] + after.Seconds()) / took * 100
	}
	return fmt.Sprintf("askbuy %.1f %%, ClickHouse %.1f %% of a core", shares[0], shares[1]), nil
}

func megabytes(n int64) string { return fmt.Sprintf("%d MB", n>>20) }
