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

const refusedName = "refused"

// refuse keeps a record that neither topic nor dead letters take.
func (s *Spool) refuse(payload []byte, cause error) error {
	f, err := os.OpenFile(s.path(refusedName), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fmt.Errorf("open file of refused records: %w", err)
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
// directory. What is no record is passed over.
func ReadRefused(dir string, f func(ingest.Record) error) error {
	refused, err := os.Open(filepath.Join(dir, refusedName))
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open file of refused records: %w", err)
	}
	defer refused.Close() //nolint:errcheck // only read
	info, err := refused.Stat()
	if err != nil {
		return fmt.Errorf("open file of refused records: %w", err)
	}
	for c := (cursor{file: refused, end: info.Size()}); ; {
		payload, err := c.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, errDamaged) {
			continue
		}
		if err != nil {
			return fmt.Errorf("read refused records: %w", err)
		}
		if r, err := parsePayload(append([]byte(nil), payload...)); err == nil {
			if err := f(r); err != nil {
				return err
			}
		}
	}
}
