package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"askbuy/internal/clickhouse"
)

func (c *campaign) engineOwner() *instance {
	if c.host != nil {
		return c.host
	}
	return c.instance
}

func (p *process) signal(s syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatal(err)
	}
}

// killClickHouse ends the child of an instance that is a ClickHouse server.
func (i *instance) killClickHouse() {
	i.t.Helper()
	if err := killChildren(i.cmd.Process.Pid); err != nil {
		i.t.Fatal(err)
	}
}

// killChildren ends the processes that a process has started, on Linux.
func killChildren(parent int) error {
	lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
	if err != nil || len(lists) == 0 {
		return fmt.Errorf("find children of %d: %w", parent, errors.Join(err, fs.ErrNotExist))
	}
	for _, list := range lists { // each thread has those that it started
		content, err := os.ReadFile(list)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
			continue // the thread has ended
		}
		if err != nil {
			return err
		}
		for _, child := range strings.Fields(string(content)) {
			pid, err := strconv.Atoi(child)
			if err == nil {
				err = syscall.Kill(pid, syscall.SIGKILL)
			}
			if err != nil && !errors.Is(err, syscall.ESRCH) {
				return err
			}
		}
	}
	return nil
}

// awaitClickHouse waits until a server that was killed is back.
func (i *instance) awaitClickHouse() {
	i.t.Helper()
	deadline, tick := time.Now().Add(patience), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for {
		db, err := clickhouse.Open(i.t.Context(), i.at.DSN)
		if err == nil {
			db.Close()
			return
		}
		if time.Now().After(deadline) {
			i.t.Fatal(err)
		}
		<-tick.C
	}
}
