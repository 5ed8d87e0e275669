// Package keyring seals what has to be kept but must not be readable in a
// store: AES-256-GCM under one of a ring of keys. What is sealed names its key,
// so keys can be rotated and old values stay readable.
//
// The ring is one file. The keys in it are wrapped by a KMS: one of the cloud,
// or Local, which wraps them under a secret of the operator. A sealed value is
//
//	1 byte version | 8 bytes key id | 12 bytes nonce | ciphertext | 16 bytes tag
//
// and its header and the caller's associated data are authenticated with it.
// Nonces are random: one key is good for 2^32 values, so rotate before that.
package keyring

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

const (
	sealVersion = 1
	keySize     = 32 // bytes: AES-256
	idSize      = 8  // bytes
	headerSize  = 1 + idSize
	// Overhead is how much longer a sealed value is than its plaintext, bytes.
	Overhead = headerSize + nonceSize + tagSize

	nonceSize = 12
	tagSize   = 16
)

// The ways in which a value cannot be opened. None is cured by trying again.
var (
	ErrNotSealed  = errors.New("not a sealed value of this version")
	ErrUnknownKey = errors.New("sealed under a key that the keyring does not have: restore the keyring's file from a backup")
	ErrTampered   = errors.New("value or its associated data is not what was sealed")
)

// KeyID names a key. It is random, so that a ring made anew never mistakes
// another ring's values for its own.
type KeyID [idSize]byte

// String is the id as in the file and in messages.
func (id KeyID) String() string { return hex.EncodeToString(id[:]) }

// Options are a ring's dependencies. The zero value is right outside of tests.
type Options struct {
	Random io.Reader        // default crypto/rand
	Now    func() time.Time // when a key was made, for people; default time.Now
}

// Ring seals and unseals. It is safe for concurrent use, by several processes
// too: each sees the others' rotations when it needs their keys.
type Ring struct {
	path string
	kms  KMS
	opts Options

	mu      sync.RWMutex
	keys    map[KeyID]key
	current KeyID
}

// key is one key of the ring, ready for use.
type key struct {
	aead cipher.AEAD
	raw  []byte
	made time.Time
}

// Open reads the ring from its file, or makes the file with one key when it is
// missing. A file that others may read, that is torn, or whose keys the KMS
// does not unwrap is an error that says what to do.
func Open(ctx context.Context, path string, kms KMS, opts Options) (*Ring, error) {
	if opts.Random == nil {
		opts.Random = rand.Reader
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	r := &Ring{path: path, kms: kms, opts: opts}
	if err := r.openOrMake(ctx); err != nil {
		return nil, fmt.Errorf("open keyring: %w", err)
	}
	return r, nil
}

// Seal encrypts plaintext under the newest key. The associated data is not
// kept, and must be given again to unseal: name in it what the value belongs
// to, so that it cannot be passed off as another's.
func (r *Ring) Seal(plaintext, associatedData []byte) ([]byte, error) {
	r.mu.RLock()
	id, k := r.current, r.keys[r.current]
	r.mu.RUnlock()
	out := make([]byte, headerSize+nonceSize, len(plaintext)+Overhead)
	out[0] = sealVersion
	copy(out[1:], id[:])
	if _, err := io.ReadFull(r.opts.Random, out[headerSize:]); err != nil {
		return nil, fmt.Errorf("seal value: %w", err)
	}
	return k.aead.Seal(out, out[headerSize:], plaintext, authenticated(out[:headerSize], associatedData)), nil
}

// Unseal decrypts what Seal returned. A key that is not known may be one that
// another process has made since: the file is read once more.
func (r *Ring) Unseal(ctx context.Context, sealed, associatedData []byte) ([]byte, error) {
	id, err := SealedUnder(sealed)
	if err != nil {
		return nil, fmt.Errorf("unseal value: %w", err)
	}
	k, known := r.key(id)
	if !known {
		if err := r.Reload(ctx); err != nil {
			return nil, fmt.Errorf("unseal value: %w", err)
		}
		if k, known = r.key(id); !known {
			return nil, fmt.Errorf("unseal value: key %s: %w", id, ErrUnknownKey)
		}
	}
	header, nonce, body := sealed[:headerSize], sealed[headerSize:headerSize+nonceSize], sealed[headerSize+nonceSize:]
	plaintext, err := k.aead.Open(nil, nonce, body, authenticated(header, associatedData))
	if err != nil {
		return nil, fmt.Errorf("unseal value: %w", ErrTampered)
	}
	return plaintext, nil
}

// SealedUnder is the key that a value was sealed under.
func SealedUnder(sealed []byte) (KeyID, error) {
	if len(sealed) < Overhead || sealed[0] != sealVersion {
		return KeyID{}, ErrNotSealed
	}
	return KeyID(sealed[1:headerSize]), nil
}

// Current is the key that values are sealed under now.
func (r *Ring) Current() KeyID {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.current
}

// Derive makes 32 bytes for another purpose, such as keyed hashes in logs, from
// the newest key. Rotation changes them.
func (r *Ring) Derive(purpose string) ([]byte, error) {
	r.mu.RLock()
	raw := r.keys[r.current].raw
	r.mu.RUnlock()
	derived, err := hkdf.Key(sha256.New, raw, nil, "askbuy keyring "+purpose, keySize)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	return derived, nil
}

func (r *Ring) key(id KeyID) (key, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	k, ok := r.keys[id]
	return k, ok
}

// authenticated is what the tag vouches for beside the plaintext. The header
// has one length, so no two pairs are one string of bytes.
func authenticated(header, associatedData []byte) []byte {
	return append(append(make([]byte, 0, len(header)+len(associatedData)), header...), associatedData...)
}

func newAEAD(raw []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
