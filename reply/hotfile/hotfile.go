// Package hotfile keeps what an operator's file says in force, and takes a new
// version of it within seconds. A broken version changes nothing.
package hotfile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"sync/atomic"
	"time"

	"askbuy/internal/wait"
)

// every is how often the file is looked at.
const every = 2 * time.Second

// File is a file and what it says. It is safe for concurrent use, but for Look
// and Run, which one goroutine calls.
type File[T any] struct {
	what, path string
	parse      func([]byte) (T, error)
	log        *slog.Logger

	raw []byte // as last looked at
	now atomic.Pointer[T]
}

// Open reads the file. One that is not there, or has no path, is read as
// empty; a broken one is an error, which names what the file is for.
func Open[T any](what, path string, parse func([]byte) (T, error), log *slog.Logger) (*File[T], error) {
	f := &File[T]{what: what, path: path, parse: parse, log: log}
	raw, err := f.read()
	if err != nil {
		return nil, err
	}
	value, err := parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; correct the file %s, or move it away", what, err, path)
	}
	f.raw = raw
	f.now.Store(&value)
	return f, nil
}

func (f *File[T]) read() ([]byte, error) {
	if f.path == "" {
		return nil, nil
	}
	raw, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", f.what, err)
	}
	return raw, nil
}

// Get is what the file says.
func (f *File[T]) Get() T { return *f.now.Load() }

// Run follows the file until ctx ends.
func (f *File[T]) Run(ctx context.Context) error {
	for wait.For(ctx, every) == nil {
		f.Look()
	}
	return nil
}

// Look takes what is new in the file, and reports whether anything was. What
// is broken is said once.
func (f *File[T]) Look() bool {
	raw, err := f.read()
	if err != nil {
		f.log.Warn("a file cannot be read; what it said stays in force", "file", f.path, "for", f.what, "err", err)
		return false
	}
	if bytes.Equal(raw, f.raw) {
		return false
	}
	f.raw = raw
	value, err := f.parse(raw)
	if err != nil {
		f.log.Error("a file is refused; what it said before stays in force", "file", f.path, "for", f.what, "err", err)
		return false
	}
	f.now.Store(&value)
	f.log.Info("a file is in force", "file", f.path, "for", f.what)
	return true
}
