package keyring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/unix"
)

// Rotate adds a key and seals under it from now on. What was sealed under the
// older ones stays readable.
func (r *Ring) Rotate(ctx context.Context) (KeyID, error) {
	err := r.locked(func() error {
		if err := r.read(ctx); err != nil { // another process may have rotated
			return err
		}
		return r.add(ctx)
	})
	if err != nil {
		return KeyID{}, fmt.Errorf("rotate keyring: %w", err)
	}
	return r.Current(), nil
}

// Rewrap wraps every key by another KMS, or by the same one under a new secret,
// and uses that one from now on. What was sealed is not touched.
func (r *Ring) Rewrap(ctx context.Context, to KMS) error {
	err := r.locked(func() error {
		if err := r.read(ctx); err != nil {
			return err
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		if err := r.write(ctx, to, r.keys, r.current); err != nil {
			return err
		}
		r.kms = to
		return nil
	})
	if err != nil {
		return fmt.Errorf("rewrap keyring: %w", err)
	}
	return nil
}

// Reload reads the file again, for the keys that other processes have added.
func (r *Ring) Reload(ctx context.Context) error {
	if err := r.read(ctx); err != nil {
		return fmt.Errorf("reload keyring: %w", err)
	}
	return nil
}

func (r *Ring) openOrMake(ctx context.Context) error {
	return r.locked(func() error {
		err := r.read(ctx)
		if errors.Is(err, fs.ErrNotExist) {
			return r.add(ctx)
		}
		return err
	})
}

// add makes a key, writes the file, and only then uses the key: what is sealed
// under a key that was never kept is lost.
func (r *Ring) add(ctx context.Context) error {
	var id KeyID
	raw := make([]byte, keySize)
	if _, err := io.ReadFull(r.opts.Random, id[:]); err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	if _, err := io.ReadFull(r.opts.Random, raw); err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	aead, err := newAEAD(raw)
	if err != nil {
		return fmt.Errorf("make key: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	keys := map[KeyID]key{id: {aead, raw, r.opts.Now().UTC()}}
	for old, k := range r.keys {
		keys[old] = k
	}
	if err := r.write(ctx, r.kms, keys, id); err != nil {
		return err
	}
	r.keys, r.current = keys, id
	return nil
}

// locked runs f while no other process or goroutine changes the file. The
// kernel lets go of the lock however this process ends.
func (r *Ring) locked(f func() error) (err error) {
	lock, err := os.OpenFile(r.path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", lock.Name(), err)
	}
	return f()
}
