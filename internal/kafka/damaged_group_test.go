package kafka_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"askbuy/internal/kafka/kafkatest"
)

// A group's tables on disk are damaged between two runs: it counts on as if
// nothing had happened, from its changelog.
func TestDamagedStateIsReadAnew(t *testing.T) {
	t.Parallel()
	const keys, each = 10, 100
	c, cluster := groupRig(t, 2)
	o := quick(c)
	o.StateDir, o.TableID = t.TempDir(), cluster.TopicInfo(c.Name("g-table")).TopicID
	for round := range 3 {
		kafkatest.Produce(t, c, inputs(c, round*each, each, keys)...)
		p := run(t, c, countingGroup(c), o)
		caughtUp(t, c, (round+1)*each)
		if got := tableCounts(t, p, keys); got.exact != (round+1)*each {
			t.Errorf("round %d: counted %+v, want %d", round, got, (round+1)*each)
		}
		if err := p.stop(); err != nil {
			t.Errorf("stop: %v", err)
		}
		damageTables(t, o.StateDir)
	}
}

// damageTables flips a byte in the middle of every file.
func damageTables(t *testing.T, dir string) {
	t.Helper()
	damaged := 0
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil || len(content) == 0 {
			return err
		}
		damaged++
		content[len(content)/2] ^= 0xff
		return os.WriteFile(path, content, 0o600)
	})
	if err != nil || damaged == 0 {
		t.Fatalf("%d files damaged: %v", damaged, err)
	}
}
