package apache

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// mvn puts a script in the place of Maven.
func mvn(t *testing.T, script string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mvn"), []byte("#!/bin/sh\n"+script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir+string(os.PathListSeparator)+os.Getenv("PATH"))
}

const (
	reaches = `case "$*" in *:get*) exit 0;; esac
`
	fetches = reaches + `for a in "$@"; do case $a in -Dlibs=*) mkdir "${a#-Dlibs=}"; exit 0;; esac; done
`
)

func TestFetch(t *testing.T) {
	for name, c := range map[string]struct {
		script      string
		unavailable bool
		says        string
	}{
		"no route to Maven Central": {"echo no route; exit 1", true, "no route"},
		"an artifact is missing":    {reaches + "echo no such artifact; exit 1", false, "no such artifact"},
		"well":                      {fetches, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			mvn(t, c.script)
			cache := t.TempDir()
			libs, err := fetch(t.Context(), cache)
			if c.says == "" && (err != nil || libs != filepath.Join(cache, "kafka-"+Version)) {
				t.Errorf("%q %v", libs, err)
			}
			if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says) || errors.Is(err, ErrUnavailable) != c.unavailable) {
				t.Errorf("got %v, unavailable: %v", err, errors.Is(err, ErrUnavailable))
			}
			left, err := os.ReadDir(cache)
			if err != nil || len(left) > 2 || len(left) == 2 && c.says != "" { // a lock, and the jars
				t.Errorf("left in the cache: %v %v", left, err)
			}
		})
	}
}

// What was fetched once needs nobody again.
func TestFetchIsOnce(t *testing.T) {
	cache := t.TempDir()
	mvn(t, fetches)
	if _, err := fetch(t.Context(), cache); err != nil {
		t.Fatal(err)
	}
	mvn(t, "exit 1")
	if _, err := fetch(t.Context(), cache); err != nil {
		t.Error(err)
	}
}
