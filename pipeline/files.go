package pipeline

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// secrets are what this installation signs and signs in with. Those that are
// not configured are made once and kept in the data directory.
type secrets struct {
	coze, api, bi, service, fingerprint, keyring, admin string
}

func readSecrets(c Config) (s secrets, err error) {
	for _, one := range []struct {
		name, configured string
		into             *string
	}{
		{"coze_secret", c.CozeSecret, &s.coze},
		{"api_key", c.APIKey, &s.api},
		{"admin_password", c.AdminPassword, &s.admin},
		{"bi_password", c.BIPassword, &s.bi},
		{"clickhouse_password", "", &s.service},
		{"fingerprint_key", c.FingerprintKey, &s.fingerprint},
		{keyringSecret, c.KeyringSecret, &s.keyring},
	} {
		value, problem := secret(c.DataDir, one.name, one.configured)
		*one.into = value
		err = errors.Join(err, problem)
	}
	return s, err
}

// lockDataDir makes the data directory this process's own, until the returned
// function is called or the process ends.
func lockDataDir(dir string) (unlock func() error, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, dataDirError(dir, err)
	}
	path := filepath.Join(dir, "lock")
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, dataDirError(dir, err)
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		holder, _ := os.ReadFile(path)
		f.Close()
		return nil, fmt.Errorf("--data-dir (ASKBUY_DATA_DIR): %s is in use by process %s: stop it, or name another directory", dir, strings.TrimSpace(string(holder)))
	}
	if err := errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid()))); err != nil {
		f.Close()
		return nil, dataDirError(dir, err)
	}
	return f.Close, nil
}

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

func dataDirError(dir string, err error) error {
	return fmt.Errorf("--data-dir (ASKBUY_DATA_DIR): cannot use %s: %w; name a directory that askbuy may write", dir, err)
}
