//go:build unix && !noembed

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os/exec"
	"path/filepath"
	"strings"
)

// npmPack downloads the package as npm would install it. The cache of its own inside the directory makes the
// download visible while it grows, and leaves no second copy behind.
func npmPack(ctx context.Context, into string) error {
	npm, err := exec.LookPath("npm")
	if err != nil {
		return fmt.Errorf("npm is not on PATH: install Node.js, or copy %s from a machine that has it and name it in %s",
			libraryFile, EnvLib)
	}
	cmd := exec.CommandContext(ctx, npm, "pack", npmPackage, "--cache", filepath.Join(into, "cache"),
		"--loglevel=error", "--no-update-notifier", "--no-audit", "--no-fund")
	cmd.Dir = into
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("npm pack %s: %w: %s\ncheck the network and `npm config get registry`, then run `make engine` again; "+
		"without a network copy %s here and name it in %s", npmPackage, err, tail(string(out), 1000), libraryFile, EnvLib)
}

func tail(s string, n int) string {
	s = strings.TrimSpace(s)
	if len(s) > n {
		s = "..." + s[len(s)-n:]
	}
	return s
}

// dirSize is what the files of a directory hold, in bytes; files that vanish while it looks count nothing.
func dirSize(dir string) (n int64) {
	walk := func(_ string, d fs.DirEntry, err error) error {
		if err != nil {
			return skipMissing(err)
		}
		if d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				n += info.Size()
			}
		}
		return nil
	}
	_ = filepath.WalkDir(dir, walk) // a figure for the eye; what is wrong shows in the download itself
	return n
}

func skipMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}
