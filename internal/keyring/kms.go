package keyring

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
)

// KMS keeps the key that the ring's keys are wrapped under. What it is given
// and gives back is a few dozen bytes; a service of the cloud does this over
// HTTP, hence the contexts.
type KMS interface {
	// Name is written beside what was wrapped, so that another KMS is told
	// apart from a wrong one.
	Name() string
	Wrap(ctx context.Context, key []byte) ([]byte, error)
	Unwrap(ctx context.Context, wrapped []byte) ([]byte, error)
}

const minSecret = 32 // bytes

// Local is the KMS that needs nobody else: it wraps keys with AES-256-GCM under
// a secret. Keep the secret apart from the ring's file, and a copy of the file
// alone opens nothing.
type Local struct {
	aead   cipher.AEAD
	random io.Reader
}

// NewLocal derives the wrapping key from a secret of at least 32 bytes that
// cannot be guessed. It is no password: nothing here slows guessing down.
func NewLocal(secret []byte) (*Local, error) {
	if len(secret) < minSecret {
		return nil, fmt.Errorf("keyring secret: %d bytes, want at least %d random ones", len(secret), minSecret)
	}
	root, err := hkdf.Key(sha256.New, secret, nil, "askbuy keyring root", keySize)
	if err != nil {
		return nil, fmt.Errorf("derive keyring root: %w", err)
	}
	aead, err := newAEAD(root)
	if err != nil {
		return nil, fmt.Errorf("derive keyring root: %w", err)
	}
	return &Local{aead, rand.Reader}, nil
}

// Name is "local".
func (*Local) Name() string { return "local" }

// Wrap encrypts a key.
func (l *Local) Wrap(_ context.Context, key []byte) ([]byte, error) {
	nonce := make([]byte, nonceSize, nonceSize+len(key)+tagSize)
	if _, err := io.ReadFull(l.random, nonce); err != nil {
		return nil, fmt.Errorf("wrap key: %w", err)
	}
	return l.aead.Seal(nonce, nonce, key, nil), nil
}

// Unwrap decrypts what Wrap returned.
func (l *Local) Unwrap(_ context.Context, wrapped []byte) ([]byte, error) {
	if len(wrapped) < nonceSize {
		return nil, errors.New("unwrap key: too short")
	}
	key, err := l.aead.Open(nil, wrapped[:nonceSize], wrapped[nonceSize:], nil)
	if err != nil {
		return nil, errors.New("unwrap key: wrapped under another secret, or damaged")
	}
	return key, nil
}
