//go:build !synctests

package bubble

import (
	"os/exec"
	"testing"
)

// The simulation is built with franz-go's tag synctests: its locks are then
// channels, which stop a goroutine without stopping the bubble's clock. This
// test builds and runs it so.
func TestSimulation(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "test", "-count", "1", "-timeout", "3h", "-v", "-tags", tags(), "-run", "^TestSimulation$", ".").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
