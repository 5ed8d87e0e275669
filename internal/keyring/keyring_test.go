package keyring

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var secret = []byte("a secret of the operator's, long enough")

func local(t testing.TB, secret []byte) *Local {
	t.Helper()
	kms, err := NewLocal(secret)
	if err != nil {
		t.Fatal(err)
	}
	return kms
}

// openRing opens the ring at path; the clock stands still, so that only ids
// order the keys.
func openRing(t testing.TB, path string) *Ring {
	t.Helper()
	r, err := Open(t.Context(), path, local(t, secret), Options{Now: func() time.Time { return time.UnixMilli(1) }})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func seal(t testing.TB, r *Ring, plaintext, ad string) []byte {
	t.Helper()
	sealed, err := r.Seal([]byte(plaintext), []byte(ad))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

func TestSealedValuesOpen(t *testing.T) {
	r := openRing(t, filepath.Join(t.TempDir(), "keyring.json"))
	rapid.Check(t, func(t *rapid.T) {
		plaintext := rapid.SliceOf(rapid.Byte()).Draw(t, "plaintext")
		ad := rapid.SliceOf(rapid.Byte()).Draw(t, "associated data")
		sealed, err := r.Seal(plaintext, ad)
		if err != nil {
			t.Fatal(err)
		}
		if len(sealed) != len(plaintext)+Overhead {
			t.Errorf("%d bytes from %d, want %d more", len(sealed), len(plaintext), Overhead)
		}
		if len(plaintext) > 8 && bytes.Contains(sealed, plaintext) {
			t.Error("the plaintext can be read")
		}
		opened, err := r.Unseal(context.Background(), sealed, ad)
		if err != nil || !bytes.Equal(opened, plaintext) {
			t.Errorf("unsealed %x, %v, want %x", opened, err, plaintext)
		}
		at := rapid.IntRange(0, len(sealed)-1).Draw(t, "flipped byte")
		sealed[at] ^= 1 << rapid.IntRange(0, 7).Draw(t, "flipped bit")
		if _, err := r.Unseal(context.Background(), sealed, ad); err == nil {
			t.Errorf("opened with byte %d changed", at)
		}
	})
}

func TestSealingTwiceDiffers(t *testing.T) {
	r := openRing(t, filepath.Join(t.TempDir(), "keyring.json"))
	if bytes.Equal(seal(t, r, "same", ""), seal(t, r, "same", "")) {
		t.Error("equal values look equal")
	}
}

func TestRefusedValues(t *testing.T) {
	r := openRing(t, filepath.Join(t.TempDir(), "keyring.json"))
	good := seal(t, r, "13800138000", "shop 1")
	other := openRing(t, filepath.Join(t.TempDir(), "keyring.json"))
	changed := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	for _, c := range []struct {
		name   string
		sealed []byte
		ad     string
		want   error
	}{
		{"associated data of another shop", good, "shop 2", ErrTampered},
		{"no associated data", good, "", ErrTampered},
		{"nonce changed", changed(headerSize), "shop 1", ErrTampered},
		{"ciphertext changed", changed(headerSize + nonceSize), "shop 1", ErrTampered},
		{"tag changed", changed(len(good) - 1), "shop 1", ErrTampered},
		{"cut off", good[:len(good)-1], "shop 1", ErrTampered},
		{"key id changed", changed(1), "shop 1", ErrUnknownKey},
		{"sealed by another ring", seal(t, other, "x", "shop 1"), "shop 1", ErrUnknownKey},
		{"another version", changed(0), "shop 1", ErrNotSealed},
		{"too short", good[:Overhead-1], "shop 1", ErrNotSealed},
		{"nothing", nil, "shop 1", ErrNotSealed},
	} {
		if _, err := r.Unseal(t.Context(), c.sealed, []byte(c.ad)); !errors.Is(err, c.want) {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
}

func TestRandomnessFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	if _, err := Open(t.Context(), path, local(t, secret), Options{Random: strings.NewReader("short")}); err == nil {
		t.Error("a ring without randomness")
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was left")
	}
	r := openRing(t, path)
	r.opts.Random = strings.NewReader("")
	if _, err := r.Seal(nil, nil); err == nil {
		t.Error("sealed without a nonce")
	}
}

func TestRotation(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	r := openRing(t, path)
	old := seal(t, r, "old", "")
	before := r.Current()
	id, err := r.Rotate(t.Context())
	if err != nil || id == before || id != r.Current() {
		t.Fatalf("rotated from %s to %s, %v", before, id, err)
	}
	young := seal(t, r, "young", "")
	if under, err := SealedUnder(young); under != id || err != nil {
		t.Errorf("sealed under %s, %v, want %s", under, err, id)
	}
	again := openRing(t, path)
	if again.Current() != id {
		t.Errorf("reopened with current key %s, want %s", again.Current(), id)
	}
	for _, ring := range []*Ring{r, again} {
		for want, sealed := range map[string][]byte{"old": old, "young": young} {
			if got, err := ring.Unseal(t.Context(), sealed, nil); string(got) != want || err != nil {
				t.Errorf("unsealed %q, %v, want %q", got, err, want)
			}
		}
	}
}

// Two processes rotate one file: neither may lose the other's key.
func TestRotationByManyProcesses(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	rings := make([]*Ring, 8)
	sealed := make([][]byte, len(rings))
	var wg sync.WaitGroup
	for i := range rings {
		wg.Go(func() {
			r, err := Open(t.Context(), path, local(t, secret), Options{})
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := r.Rotate(t.Context()); err != nil {
				t.Error(err)
			}
			rings[i], sealed[i] = r, seal(t, r, "x", "")
		})
	}
	wg.Wait()
	for i, r := range rings {
		for j, value := range sealed {
			if _, err := r.Unseal(t.Context(), value, nil); err != nil {
				t.Errorf("ring %d, value of ring %d: %v", i, j, err)
			}
		}
	}
	if n := len(openRing(t, path).keys); n != len(rings)+1 {
		t.Errorf("%d keys, want the first and one of each ring", n)
	}
}

func TestDerivedKeys(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	derive := func(r *Ring, purpose string) string {
		b, err := r.Derive(purpose)
		if err != nil || len(b) != keySize {
			t.Fatalf("derived %d bytes, %v", len(b), err)
		}
		return string(b)
	}
	r := openRing(t, path)
	logs := derive(r, "logs")
	if derive(openRing(t, path), "logs") != logs {
		t.Error("another process derives another key")
	}
	if derive(r, "other") == logs {
		t.Error("two purposes share a key")
	}
	if _, err := r.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if derive(r, "logs") == logs {
		t.Error("rotation left the key as it was")
	}
}
