//go:build unix && !noembed

package embedded

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// launcher starts one server process; it is fixed for the life of an Engine.
type launcher func(*settings, *os.File) (*child, error)

// findLauncher prefers the library and falls back to an installed clickhouse; byBinary tells which.
func findLauncher(lib string) (start launcher, byBinary bool, err error) {
	path, err := findLibrary(lib)
	if err != nil {
		return nil, false, err
	}
	if path != "" {
		return func(s *settings, lock *os.File) (*child, error) { return launchLibrary(path, s, lock) }, false, nil
	}
	if path, err = exec.LookPath("clickhouse"); err == nil {
		return func(s *settings, lock *os.File) (*child, error) { return launchBinary(path, s, lock) }, true, nil
	}
	next := "install ClickHouse so that `clickhouse` is on PATH"
	if hasLibrary {
		next = "run `make engine` (or `askbuy engine`) once, or name a libchdb.so in " + EnvLib
	}
	return nil, false, fmt.Errorf("%w: %s, or set --clickhouse-dsn (ASKBUY_CLICKHOUSE_DSN) to a server of yours", ErrNoEngine, next)
}

// findLibrary returns "" when none was asked for and none has been fetched.
func findLibrary(lib string) (string, error) {
	if !hasLibrary {
		return "", nil
	}
	name := "Options.Lib"
	if lib == "" {
		lib, name = os.Getenv(EnvLib), EnvLib
	}
	if lib != "" {
		if info, err := os.Stat(lib); err != nil || !info.Mode().IsRegular() {
			return "", fmt.Errorf("%w: %s names %s, which is no file: correct it, or unset it and run `make engine`", ErrNoEngine, name, lib)
		}
		return filepath.Abs(lib) // the child runs in another directory
	}
	cached, err := libraryPath()
	if err != nil || !fetched(cached) {
		return "", nil // no cache directory, nothing fetched
	}
	return cached, nil
}
