package keyring

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// file is the ring as it is kept.
type file struct {
	Version int       `json:"version"`
	Current string    `json:"current"` // id of the key to seal under
	Keys    []fileKey `json:"keys"`    // oldest first
}

type fileKey struct {
	ID      string    `json:"id"` // hex
	Made    time.Time `json:"made"`
	KMS     string    `json:"kms"`
	Wrapped []byte    `json:"wrapped"` // base64
}

const fileVersion = 1

// restore is the next step when the file is of no use.
const restore = "restore the file from a backup; without it what was sealed under its keys stays sealed"

// read replaces the ring in memory by the file's. On an error the ring stays as
// it was.
func (r *Ring) read(ctx context.Context) error {
	info, err := os.Stat(r.path)
	if err != nil {
		return err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		return fmt.Errorf("%s: mode %#o lets others read it; chmod 600 it, and rotate if others could have", r.path, mode)
	}
	b, err := os.ReadFile(r.path)
	if err != nil {
		return err
	}
	var f file
	if err := json.Unmarshal(b, &f, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%s is torn or no keyring: %w; %s", r.path, err, restore)
	}
	keys, current, err := f.open(ctx, r.kms)
	if err != nil {
		return fmt.Errorf("%s: %w", r.path, err)
	}
	r.mu.Lock()
	r.keys, r.current = keys, current
	r.mu.Unlock()
	return nil
}

// open unwraps the keys.
func (f *file) open(ctx context.Context, kms KMS) (map[KeyID]key, KeyID, error) {
	if f.Version != fileVersion {
		return nil, KeyID{}, fmt.Errorf("version %d, want %d: written by another version of askbuy", f.Version, fileVersion)
	}
	keys := make(map[KeyID]key, len(f.Keys))
	for _, kept := range f.Keys {
		id, err := parseID(kept.ID)
		if err != nil {
			return nil, KeyID{}, fmt.Errorf("%w; %s", err, restore)
		}
		if _, twice := keys[id]; twice {
			return nil, KeyID{}, fmt.Errorf("key %s: stands there twice; %s", id, restore)
		}
		if kept.KMS != kms.Name() {
			return nil, KeyID{}, fmt.Errorf("key %s: wrapped by KMS %q, but %q is configured: configure that one, then rewrap", id, kept.KMS, kms.Name())
		}
		raw, err := kms.Unwrap(ctx, kept.Wrapped)
		if err != nil {
			return nil, KeyID{}, fmt.Errorf("key %s: %w; give the secret the keyring was made with, or restore the file from a backup", id, err)
		}
		if len(raw) != keySize {
			return nil, KeyID{}, fmt.Errorf("key %s: %d bytes, want %d; %s", id, len(raw), keySize, restore)
		}
		aead, err := newAEAD(raw)
		if err != nil {
			return nil, KeyID{}, fmt.Errorf("key %s: %w", id, err)
		}
		keys[id] = key{aead, raw, kept.Made}
	}
	current, err := parseID(f.Current)
	if _, known := keys[current]; err != nil || !known {
		return nil, KeyID{}, fmt.Errorf("current key %q is not in the ring; %s", f.Current, restore)
	}
	return keys, current, nil
}

func parseID(s string) (KeyID, error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != idSize {
		return KeyID{}, fmt.Errorf("key id %q: want %d hex digits", s, 2*idSize)
	}
	return KeyID(b), nil
}

// write replaces the file, which is whole at any moment and its owner's alone.
func (r *Ring) write(ctx context.Context, kms KMS, keys map[KeyID]key, current KeyID) error {
	f := file{Version: fileVersion, Current: current.String()}
	for _, id := range oldestFirst(keys) {
		wrapped, err := kms.Wrap(ctx, keys[id].raw)
		if err != nil {
			return fmt.Errorf("key %s: %w", id, err)
		}
		f.Keys = append(f.Keys, fileKey{id.String(), keys[id].made, kms.Name(), wrapped})
	}
	b, err := json.Marshal(&f, jsontext.WithIndent("  "))
	if err != nil {
		return fmt.Errorf("encode keyring: %w", err)
	}
	return replaceFile(r.path, append(b, '\n'))
}

func replaceFile(path string, content []byte) error {
	dir := filepath.Dir(path)
	temporary, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name()) //nolint:errcheck // gone after the rename
	_, err = temporary.Write(content)
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	if err := os.Rename(temporary.Name(), path); err != nil {
		return err
	}
	return syncDir(dir)
}

// syncDir makes the rename outlive a power cut: a key that was used and then
// forgotten is a value lost.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// oldestFirst lists the keys in the order in which they were made.
func oldestFirst(keys map[KeyID]key) []KeyID {
	return slices.SortedFunc(maps.Keys(keys), func(a, b KeyID) int {
		return cmp.Or(keys[a].made.Compare(keys[b].made), bytes.Compare(a[:], b[:]))
	})
}
