package pipeline

import (
	"context"
	"fmt"
	"path/filepath"

	"askbuy/internal/keyring"
	"askbuy/schemas/event"
)

// The keyring's file and the secret that wraps its keys, in the data directory.
// A copy of the file alone opens nothing.
const (
	keyringFile   = "keyring.json"
	keyringSecret = "keyring_secret"
)

// letterOpener opens the bytes of dead letters.
func letterOpener(ring *keyring.Ring) func(context.Context, *event.DeadLetter) ([]byte, error) {
	return func(ctx context.Context, l *event.DeadLetter) ([]byte, error) {
		return ring.Unseal(ctx, l.Bytes, []byte(l.ID))
	}
}

// openKeyring opens the ring that seals what has to be kept as it came, and
// makes it when there is none.
func openKeyring(ctx context.Context, c Config) (*keyring.Ring, error) {
	wrapping, err := secret(c.DataDir, keyringSecret, c.KeyringSecret)
	if err != nil {
		return nil, err
	}
	local, err := keyring.NewLocal([]byte(wrapping))
	if err != nil {
		return nil, fmt.Errorf("ASKBUY_KEYRING_SECRET: %w", err)
	}
	return keyring.Open(ctx, filepath.Join(c.DataDir, keyringFile), local, keyring.Options{})
}
