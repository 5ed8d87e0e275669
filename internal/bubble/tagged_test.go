//go:build !synctests

package bubble

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The simulation is built with franz-go's tag synctests: its locks are then
// channels, which stop a goroutine without stopping the bubble's clock. This
// test builds and runs it so. It reads what the build reads: a result from the
// test cache would be that of the sources of another day.
func TestSimulation(t *testing.T) {
	readSources(t)
	out, err := exec.CommandContext(t.Context(), "go", "test", "-count", "1", "-timeout", "3h", "-v", "-tags", tags(), "-run", "^TestSimulation$", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// readSources opens every source of the module and reads the settings of the
// simulation, so that the test's result depends on them.
func readSources(t *testing.T) {
	t.Helper()
	for _, name := range []string{"SEEDS", "SEED"} {
		os.Getenv(name)
	}
	const root = "../.."
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && path != root {
			return orSkip(err)
		}
		if strings.HasSuffix(path, ".go") || entry.Name() == "go.mod" {
			_, err = os.ReadFile(path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func orSkip(err error) error {
	if err == nil {
		return fs.SkipDir
	}
	return err
}
