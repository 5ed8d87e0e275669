package spool

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"askbuy/ingest"
)

const (
	refusedName = "refused"
	corruptName = "refused.corrupt"
)

// refuse keeps a record that neither topic nor dead letters take.
func (s *Spool) refuse(payload []byte, cause error) error {
	f, err := os.OpenFile(s.path(refusedName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open file of refused records: %w", err)
	}
	if err := lockFile(f); err != nil { // the lock goes with the file
		return errors.Join(fmt.Errorf("lock file of refused records: %w", err), f.Close())
	}
	_, err = f.Write(complete(append(appendHeader(nil), payload...), 0))
	if err = errors.Join(err, s.sync(f), f.Close()); err != nil {
		return fmt.Errorf("write file of refused records: %w", err)
	}
	s.metrics.refused.Inc()
	s.deps.Log.Error("the broker refuses a record for good, and its dead letter, too: it is kept on disk",
		slog.String("file", s.path(refusedName)), slog.String("error", cause.Error()))
	return nil
}

// ReadRefused calls f for each record that was set aside in a spool's
// directory, and counts the stretches of bytes that are no record.
func ReadRefused(dir string, f func(ingest.Record) error) (unreadable int, err error) {
	refused, err := os.Open(filepath.Join(dir, refusedName))
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open file of refused records: %w", err)
	}
	defer refused.Close() //nolint:errcheck // only read
	return readRefused(refused, f)
}

// TakeRefused calls f for each record that was set aside, and empties the file
// once f has taken them all. Else all stay: to take a record twice must be
// safe. A file with stretches that are no record is added to refused.corrupt
// before. A door that sets a record aside meanwhile waits.
func TakeRefused(dir string, f func(ingest.Record) error) (unreadable int, err error) {
	refused, err := os.OpenFile(filepath.Join(dir, refusedName), os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("open file of refused records: %w", err)
	}
	defer func() { err = errors.Join(err, refused.Close()) }()
	if err := lockFile(refused); err != nil {
		return 0, fmt.Errorf("lock file of refused records: %w", err)
	}
	if unreadable, err = readRefused(refused, f); err != nil {
		return unreadable, err
	}
	if unreadable > 0 {
		if err := addTo(filepath.Join(dir, corruptName), refused); err != nil {
			return unreadable, fmt.Errorf("keep unreadable bytes of the file of refused records: %w", err)
		}
	}
	if err := errors.Join(refused.Truncate(0), refused.Sync()); err != nil {
		return unreadable, fmt.Errorf("empty file of refused records: %w", err)
	}
	return unreadable, nil
}

// addTo appends all of a file to another one, and returns once it is on disk.
func addTo(path string, from *os.File) error {
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return err
	}
	if _, err := from.Seek(0, io.SeekStart); err != nil {
		return errors.Join(err, to.Close())
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Sync(), to.Close())
}

func readRefused(file *os.File, f func(ingest.Record) error) (unreadable int, err error) {
	info, err := file.Stat()
	if err != nil {
		return 0, fmt.Errorf("open file of refused records: %w", err)
	}
	for c := (cursor{file: file, end: info.Size()}); ; {
		payload, err := c.next()
		if errors.Is(err, io.EOF) {
			return unreadable, nil
		}
		var r ingest.Record
		if err == nil {
			r, err = parsePayload(append([]byte(nil), payload...))
		}
		switch {
		case errors.Is(err, errDamaged) || errors.Is(err, errShape):
			unreadable++
		case err != nil:
			return unreadable, fmt.Errorf("read refused records: %w", err)
		default:
			if err := f(r); err != nil {
				return unreadable, err
			}
		}
	}
}
