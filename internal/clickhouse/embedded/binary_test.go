//go:build linux && amd64 && !noembed

package embedded

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// actAsClickHouse plays an installed server: the library with its listeners, until a signal ends it. Its
// command line is checked, because the real binary is not on every machine that runs the tests.
func actAsClickHouse() {
	lib := os.Getenv(envClickHouse)
	if lib == "" {
		return
	}
	if len(os.Args) != 3 || os.Args[1] != "server" {
		fmt.Fprintln(os.Stderr, "want `clickhouse server --config-file=...`, got", os.Args)
		os.Exit(1)
	}
	err := runLibrary(lib, []string{os.Args[2], "--query",
		"SYSTEM START LISTEN TCP; SYSTEM START LISTEN HTTP; SELECT sleepEachRow(1) FROM numbers(1000) SETTINGS max_block_size = 1 FORMAT Null"})
	fmt.Fprintln(os.Stderr, "ended:", err)
	os.Exit(1)
}

func TestInstalledClickHouseIsTheFallback(t *testing.T) {
	lib, err := findLibrary("")
	if err != nil || lib == "" {
		t.Fatalf("no engine, run `make engine`: %v", err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	script := fmt.Sprintf("#!/bin/sh\n%s='%s' exec '%s' \"$@\"\n", envClickHouse, lib, self)
	if err := os.WriteFile(filepath.Join(bin, "clickhouse"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	t.Setenv(EnvLib, "")
	e := startEngine(t, testOptions(t.TempDir()))
	if got := mustAsk(t, e, "SELECT currentUser()"); got != ServiceUser {
		t.Errorf("user %q, want %q", got, ServiceUser)
	}
	pid := e.PID()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if alive(pid) {
		t.Errorf("server process %d outlived Close", pid)
	}
}
