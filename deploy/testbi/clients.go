package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// Versions of what is fetched.
const (
	clickhouseJS      = "1.23.1"
	clickhouseConnect = "1.12.0"
	clickhouseJDBC    = "0.9.9" // the newest whose file with everything in it Maven Central has
	slf4j             = "2.0.17"
	mavenPlugin       = "org.apache.maven.plugins:maven-dependency-plugin:3.9.0"
)

// fetchPatience bounds one download.
const fetchPatience = 5 * time.Minute

func javascript(ctx context.Context, i *instance, cache string) (string, error) {
	dir := filepath.Join(cache, "javascript-"+clickhouseJS)
	err := fetched(ctx, dir, "node", func(fresh string) *exec.Cmd {
		return exec.CommandContext(ctx, "npm", "install", "--prefix", fresh, "--no-audit", "--no-fund", "--loglevel=error", "@clickhouse/client@"+clickhouseJS)
	})
	if err != nil {
		return "", err
	}
	// Node looks for modules beside the script.
	script := filepath.Join(dir, "client.mjs")
	content, err := os.ReadFile("deploy/clients/client.mjs")
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(script, content, 0o644); err != nil {
		return "", err
	}
	return i.played(ctx, "node", script)
}

func python(ctx context.Context, i *instance, cache string) (string, error) {
	dir := filepath.Join(cache, "python-"+clickhouseConnect)
	if err := venv(ctx, dir, "clickhouse-connect=="+clickhouseConnect); err != nil {
		return "", err
	}
	return i.played(ctx, filepath.Join(dir, "bin", "python"), "deploy/clients/client.py")
}

func java(ctx context.Context, i *instance, cache string) (string, error) {
	dir := filepath.Join(cache, "java-"+clickhouseJDBC)
	err := fetched(ctx, dir, "java", func(fresh string) *exec.Cmd {
		script := `for artifact in "$@"; do mvn -q -B -ntp ` + mavenPlugin + `:copy "-Dartifact=$artifact" "-DoutputDirectory=$0" || exit 1; done`
		return exec.CommandContext(ctx, "sh", "-c", script, fresh, "com.clickhouse:clickhouse-jdbc:"+clickhouseJDBC+":jar:all",
			"org.slf4j:slf4j-api:"+slf4j, "org.slf4j:slf4j-nop:"+slf4j) // for logging, which tools bring along
	})
	if err != nil {
		return "", err
	}
	return i.played(ctx, "java", "-cp", filepath.Join(dir, "*"), "deploy/clients/Client.java")
}

// venv makes an environment of Python's with packages.
func venv(ctx context.Context, dir string, packages ...string) error {
	return fetched(ctx, dir, "python3", func(fresh string) *exec.Cmd {
		script := `python3 -m venv "$0" && "$0/bin/pip" install --quiet --disable-pip-version-check "$@"`
		return exec.CommandContext(ctx, "sh", append([]string{"-c", script, fresh}, packages...)...)
	})
}

// fetched fills a directory of the cache once. A mark says that it is whole:
// an environment of Python's cannot be moved, so it is made in its place.
func fetched(ctx context.Context, dir, program string, fetch func(dir string) *exec.Cmd) error {
	if _, err := exec.LookPath(program); err != nil {
		return fmt.Errorf("%w: there is no %s on this machine", errUnavailable, program)
	}
	mark := filepath.Join(dir, "whole")
	if _, err := os.Stat(mark); err == nil {
		return nil
	}
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return err
	}
	cmd := fetch(dir)
	cmd.WaitDelay = fetchPatience
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: fetch %s: %w\n%s", errUnavailable, filepath.Base(dir), err, out[max(0, len(out)-1500):])
	}
	return os.WriteFile(mark, nil, 0o644)
}

// played runs a client as every reader.
func (i *instance) played(ctx context.Context, program string, args ...string) (string, error) {
	var saw strings.Builder
	for _, r := range i.readers {
		cmd := exec.CommandContext(ctx, program, args...)
		cmd.Env = append(os.Environ(), "ASKBUY_BI_URL="+i.url, "ASKBUY_BI_USER="+r.name, "ASKBUY_BI_PASSWORD="+r.password)
		out, err := cmd.CombinedOutput()
		for line := range strings.Lines(string(out)) {
			saw.WriteString("  " + r.name + ": " + line)
		}
		if err != nil {
			return saw.String(), err
		}
	}
	return saw.String(), nil
}
