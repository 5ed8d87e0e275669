package spool

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"askbuy/ingest"
)

// refusing is a spool's directory in which records were set aside.
func refusing(t *testing.T, n int) (*Spool, string) {
	t.Helper()
	dir := t.TempDir()
	s := openSpool(t, configOf(dir), depsOf(&broker{answer: func(ingest.Record) error { return fmt.Errorf("store: %w", ingest.ErrRefused) }}))
	keep(t, s, upTo(n)...)
	drainAll(t, s)
	return s, dir
}

func TestTakeRefused(t *testing.T) {
	s, dir := refusing(t, 3)
	take := func(fail int) (numbers []int, err error) {
		_, err = TakeRefused(dir, func(r ingest.Record) error {
			if number(r) == fail {
				return errAway
			}
			numbers = append(numbers, number(r))
			return nil
		})
		return numbers, err
	}
	if got, err := take(1); !errors.Is(err, errAway) || !slices.Equal(got, []int{0}) {
		t.Errorf("took %v: %v", got, err)
	}
	if got, err := take(-1); err != nil || !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("took %v after a failure: %v", got, err)
	}
	if got, err := take(-1); err != nil || len(got) > 0 {
		t.Errorf("took %v again: %v", got, err)
	}
	keep(t, s, 7) // the door goes on with the same file
	drainAll(t, s)
	if got, err := take(-1); err != nil || !slices.Equal(got, []int{7}) {
		t.Errorf("took %v later: %v", got, err)
	}
	if n, err := TakeRefused(t.TempDir(), nil); n != 0 || err != nil {
		t.Errorf("took %d from nothing: %v", n, err)
	}
}

// What the file cannot give back is not thrown away with the rest.
func TestTakeRefusedKeepsWhatItCannotRead(t *testing.T) {
	_, dir := refusing(t, 2)
	path := filepath.Join(dir, refusedName)
	whole, err := os.ReadFile(path)
	must(t, err)
	whole[headerSize+3] ^= 1
	must(t, os.WriteFile(path, whole, 0o600))
	taken := 0
	if n, err := TakeRefused(dir, func(ingest.Record) error { taken++; return nil }); n != 1 || taken != 1 || err != nil {
		t.Errorf("took %d, %d unreadable: %v", taken, n, err)
	}
	if kept, err := os.ReadFile(filepath.Join(dir, corruptName)); err != nil || !bytes.Equal(kept, whole) {
		t.Errorf("%d of %d bytes are kept: %v", len(kept), len(whole), err)
	}
	if n, err := TakeRefused(dir, func(ingest.Record) error { taken++; return nil }); n != 0 || taken != 1 || err != nil {
		t.Errorf("took %d, %d unreadable once more: %v", taken, n, err)
	}
}
