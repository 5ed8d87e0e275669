package keyring

import (
	"path/filepath"
	"testing"
)

// Whatever bytes a store hands back, unsealing them is an error or what was
// sealed, never a panic.
func FuzzUnseal(f *testing.F) {
	r := openRing(f, filepath.Join(f.TempDir(), "keyring.json"))
	good := seal(f, r, "13800138000", "shop")
	f.Add(good)
	f.Add(good[:Overhead])
	f.Add([]byte{sealVersion})
	f.Fuzz(func(t *testing.T, sealed []byte) {
		plaintext, err := r.Unseal(t.Context(), sealed, []byte("shop"))
		if err == nil && string(plaintext) != "13800138000" {
			t.Errorf("opened what was never sealed: %q", plaintext)
		}
	})
}
