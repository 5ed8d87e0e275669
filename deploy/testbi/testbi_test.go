package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// names of things in Superset's files, and of things that they refer to.
var (
	own   = regexp.MustCompile(`(?m)^uuid: (\S+)$`)
	other = regexp.MustCompile(`(?m)^(?:dataset|database)_uuid: (\S+)$|"uuid": "([0-9a-f-]+)"`)
)

// TestPack holds that what Superset imports is whole: each id exists once,
// and nothing refers to what is not there.
func TestPack(t *testing.T) {
	bundle, files, err := pack("../superset", func(name, content string) string { return strings.Replace(content, "127.0.0.1:8123", "there:1", 1) })
	if err != nil || files < 20 {
		t.Fatalf("%d files: %v", files, err)
	}
	z, err := zip.NewReader(bytes.NewReader(bundle), int64(len(bundle)))
	if err != nil {
		t.Fatal(err)
	}
	var defined, meant []string
	all := ""
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		all += string(b)
		for _, m := range own.FindAllStringSubmatch(string(b), -1) {
			if slices.Contains(defined, m[1]) {
				t.Errorf("%s repeats the id %s", f.Name, m[1])
			}
			defined = append(defined, m[1])
		}
		for _, m := range other.FindAllStringSubmatch(string(b), -1) {
			meant = append(meant, m[1]+m[2])
		}
	}
	for _, id := range meant {
		if !slices.Contains(defined, id) {
			t.Errorf("something refers to %s, which is nothing", id)
		}
	}
	if len(meant) < len(defined)/2 || !strings.Contains(all, "@there:1/bi") || strings.Contains(all, "allow_dml: true") {
		t.Errorf("%d ids, %d references; or the address was not put in, or SQL Lab may write", len(defined), len(meant))
	}
}

func TestFetched(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "x")
	made := 0
	make := func(script string) func(string) *exec.Cmd {
		return func(fresh string) *exec.Cmd {
			made++
			return exec.CommandContext(t.Context(), "sh", "-c", script, fresh)
		}
	}
	if err := fetched(t.Context(), dir, "no-such-program", make("true")); !errors.Is(err, errUnavailable) || made > 0 {
		t.Errorf("without the program: %v", err)
	}
	if err := fetched(t.Context(), dir, "sh", make("echo no route >&2; false")); !errors.Is(err, errUnavailable) || !strings.Contains(err.Error(), "no route") {
		t.Errorf("without a registry: %v", err)
	}
	for range 2 {
		if err := fetched(t.Context(), dir, "sh", make("true")); err != nil {
			t.Error(err)
		}
	}
	if made != 2 {
		t.Errorf("fetched %d times, want once after the failure", made)
	}
}

// TestTell: what cannot run is told, unless it has to.
func TestTell(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		err, want error
		required  string
	}{
		{nil, nil, ""}, {broken, broken, ""}, {errUnavailable, nil, ""}, {errUnavailable, errUnavailable, "1"},
	} {
		t.Setenv(required, c.required)
		got := tell(t.Context(), play{"p", func(context.Context, *instance, string) (string, error) { return "", c.err }}, nil, "")
		if !errors.Is(got, c.want) || (got == nil) != (c.want == nil) {
			t.Errorf("%v (required %q): %v, want %v", c.err, c.required, got, c.want)
		}
	}
	if err := run(t.Context(), "none", []string{"perl"}); err == nil || !strings.Contains(err.Error(), "perl") {
		t.Errorf("an unknown part: %v", err)
	}
}
