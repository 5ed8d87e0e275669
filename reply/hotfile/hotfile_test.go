package hotfile

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func parse(raw []byte) (string, error) {
	if strings.Contains(string(raw), "broken") {
		return "", errors.New("says broken")
	}
	return string(raw), nil
}

func TestFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open("reply.words", path, parse, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	is := func(want string, changed bool) {
		t.Helper()
		if got := f.Look(); got != changed {
			t.Errorf("looked: changed %v, want %v", got, changed)
		}
		if got := f.Get(); got != want {
			t.Errorf("in force: %q, want %q", got, want)
		}
	}
	is("", false) // not there
	write("one")
	is("one", true)
	is("one", false)
	write("broken")
	is("one", false) // what is broken changes nothing
	write("two")
	is("two", true)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	is("", true)
}

func TestOpenRefuses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "words")
	if err := os.WriteFile(path, []byte("broken"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open("reply.words", path, parse, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "reply.words") || !strings.Contains(err.Error(), path) {
		t.Errorf("%v, want an error that names the setting and the file", err)
	}
	if _, err := Open("reply.words", t.TempDir(), parse, slog.New(slog.DiscardHandler)); err == nil {
		t.Error("a directory is taken for a file")
	}
	if f, err := Open("reply.words", "", parse, slog.New(slog.DiscardHandler)); err != nil || f.Get() != "" {
		t.Errorf("without a path: %v", err)
	}
}
