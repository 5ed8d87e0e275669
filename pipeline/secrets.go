package pipeline

import (
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// secret is the configured value, or the one kept in the data directory, or a
// new one that is kept there from now on.
func secret(dir, name, configured string) (string, error) {
	if configured != "" {
		return configured, nil
	}
	path := filepath.Join(dir, name)
	kept, err := os.ReadFile(path)
	if err == nil && len(strings.TrimSpace(string(kept))) >= minSecret {
		return strings.TrimSpace(string(kept)), nil
	}
	if err == nil {
		return "", fmt.Errorf("%s holds fewer than %d characters: restore it from a backup, or remove it for a new one", path, minSecret)
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read %s: %w; make it a file that askbuy may read, or restore it from a backup", name, err)
	}
	random := make([]byte, minSecret)
	if _, err := io.ReadFull(rand.Reader, random); err != nil {
		return "", fmt.Errorf("make %s: %w", name, err)
	}
	made := hex.EncodeToString(random)
	if err := writeWhole(path, []byte(made+"\n")); err != nil {
		return "", fmt.Errorf("keep %s: %w", name, err)
	}
	return made, nil
}

// writeWhole writes a file that is either whole or not there, for its owner's
// eyes alone.
func writeWhole(path string, content []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) //nolint:errcheck // gone after the rename
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
