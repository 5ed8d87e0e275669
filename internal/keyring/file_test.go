package keyring

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// slowKMS stands for a KMS of the cloud: what it wraps is the key's number in
// its own safe.
type slowKMS struct {
	name string
	safe map[string][]byte
	err  error
}

func (k *slowKMS) Name() string { return k.name }

func (k *slowKMS) Wrap(_ context.Context, key []byte) ([]byte, error) {
	ticket := "ticket " + string(rune('a'+len(k.safe)))
	k.safe[ticket] = key
	return []byte(ticket), k.err
}

func (k *slowKMS) Unwrap(_ context.Context, wrapped []byte) ([]byte, error) {
	return k.safe[string(wrapped)], k.err
}

func TestFileIsTheOwnersAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	r := openRing(t, path)
	if _, err := r.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v, want 0600", info.Mode(), err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for id, k := range r.keys {
		if strings.Contains(string(content), string(k.raw)) {
			t.Errorf("key %s stands in the file as it is", id)
		}
	}
}

func TestRefusedFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	first := openRing(t, path).Current().String()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(b)
	with := func(old, replacement string) string { return strings.ReplaceAll(whole, old, replacement) }
	for _, c := range []struct{ name, content, want string }{
		{"torn", whole[:len(whole)/2], "restore the file from a backup"},
		{"empty", "", "restore the file from a backup"},
		{"trailing bytes", whole + "{}", "restore the file from a backup"},
		{"unknown member", with(`"version": 1`, `"version": 1, "x": 1`), "restore the file from a backup"},
		{"another version", with(`"version": 1`, `"version": 2`), "another version of askbuy"},
		{"no keys", `{"version":1,"current":"` + first + `","keys":[]}`, "is not in the ring"},
		{"bad id", with(`"id": "`+first, `"id": "zz`), "16 hex digits"},
		{"another KMS", with(`"local"`, `"aliyun"`), `wrapped by KMS "aliyun"`},
		{"damaged key", with(`"wrapped": "`, `"wrapped": "AAAA`), "wrapped under another secret, or damaged"},
		{"no key at all", with(`"wrapped": "`, `"wrapped": "","x":"`), "restore the file from a backup"},
	} {
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(t.Context(), path, local(t, secret), Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func TestRefusedEnvironment(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	openRing(t, path)
	if _, err := Open(t.Context(), path, local(t, []byte("another secret of at least 32 bytes")), Options{}); err == nil || !strings.Contains(err.Error(), "give the secret the keyring was made with") {
		t.Errorf("another secret: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, local(t, secret), Options{}); err == nil || !strings.Contains(err.Error(), "chmod 600") {
		t.Errorf("readable for all: %v", err)
	}
	if _, err := Open(t.Context(), filepath.Join(path, "below a file"), local(t, secret), Options{}); err == nil {
		t.Error("opened below a file")
	}
	if _, err := NewLocal([]byte("short")); err == nil || !strings.Contains(err.Error(), "want at least 32") {
		t.Errorf("short secret: %v", err)
	}
	if _, err := local(t, secret).Unwrap(t.Context(), []byte("short")); err == nil {
		t.Error("unwrapped a short key")
	}
}

// A ring moves from the local KMS to another one and back; what was sealed
// stays readable, and the way it was wrapped before opens it no more.
func TestRewrap(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	r := openRing(t, path)
	sealed := seal(t, r, "kept", "")
	if _, err := r.Rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	cloud := &slowKMS{name: "cloud", safe: map[string][]byte{}}
	if err := r.Rewrap(t.Context(), cloud); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), path, local(t, secret), Options{}); err == nil || !strings.Contains(err.Error(), `wrapped by KMS "cloud"`) {
		t.Errorf("opened locally: %v", err)
	}
	moved, err := Open(t.Context(), path, cloud, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got, err := moved.Unseal(t.Context(), sealed, nil); string(got) != "kept" || err != nil {
		t.Errorf("unsealed %q, %v", got, err)
	}
}

// A KMS that is away is an error, and the file and the ring stay as they were.
func TestKMSAway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keyring.json")
	cloud := &slowKMS{name: "cloud", safe: map[string][]byte{}}
	r, err := Open(t.Context(), path, cloud, Options{})
	if err != nil {
		t.Fatal(err)
	}
	current, sealed := r.Current(), seal(t, r, "kept", "")
	cloud.err = errors.New("no route to host")
	if _, err := r.Rotate(t.Context()); !errors.Is(err, cloud.err) {
		t.Errorf("rotated: %v", err)
	}
	if err := r.Rewrap(t.Context(), cloud); !errors.Is(err, cloud.err) {
		t.Errorf("rewrapped: %v", err)
	}
	if r.Current() != current {
		t.Error("a key that is not kept is used")
	}
	if got, err := r.Unseal(t.Context(), sealed, nil); string(got) != "kept" || err != nil {
		t.Errorf("unsealed %q, %v", got, err)
	}
}
