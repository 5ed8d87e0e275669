package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"askbuy/models/intent/train"
	"askbuy/pipeline"
)

func TestReplay(t *testing.T) {
	t.Parallel()
	i := start(t)
	i.ask("simulate", "--seed", "4", "--conversations", "40", "--noise", "default", "--truth", t.TempDir()).wants(exitDone)
	i.settled()
	db := i.warehouse()
	if p := i.ask("replay", "--dry-run").wants(exitDone); !strings.Contains(p.out.String(), ", 0 rows differ; nothing was changed\n") || !strings.Contains(p.err.String(), "comparing\n") {
		t.Errorf("of sound rows it says\n%s%s", p.out, p.err)
	}
	if err := db.Exec(t.Context(), "INSERT INTO askbuy.message_scores SELECT * REPLACE (0.123 AS buy_score) FROM askbuy.message_scores FINAL ORDER BY event_id LIMIT 2", nil); err != nil {
		t.Fatal(err)
	}
	p := i.ask("replay", "--dry-run").wants(exitNo)
	if n := strings.Count(p.out.String(), ",0.123,"); n != 2 || !strings.Contains(p.err.String(), "2 derived rows differ") {
		t.Errorf("of 2 damaged rows it says\n%s%s", p.out, p.err)
	}
	p = i.ask("replay", "--dry-run", "--from", "2000-01-01T00:00:00+08:00", "--format", "json").wants(exitNo)
	var done pipeline.Replayed
	if err := json.Unmarshal([]byte(p.out.String()), &done); err != nil || done.Diff.Rows != 2 || len(done.Diff.Differences) != 2 || done.Swapped || done.Scores != nil {
		t.Errorf("in JSON it says %s: %v", p.out, err)
	}

	other := otherModel(t)
	i.ask("replay", "--model", other).wants(exitUsage)
	i.ask("replay", "--model", filepath.Join(other, "nowhere"), "--dry-run").wants(exitUsage)
	if p = i.ask("replay", "--model", other, "--dry-run").wants(exitNo); !strings.Contains(p.out.String(), "mean |d buy_score|") {
		t.Errorf("of another model it says\n%s", p.out)
	}
	if p = i.ask("replay", "--model", other, "--allow-other-model").wants(exitDone); !strings.Contains(p.out.String(), "the replayed rows are in use") {
		t.Errorf("of a swap to another model it says\n%s", p.out)
	}
	i.ask("replay", "--model", other, "--dry-run").wants(exitDone)
	i.ask("replay").wants(exitDone)
	i.ask("verify", "--against-facts").wants(exitDone)
	i.ask("replay", "--dry-run").wants(exitDone)

	if p = i.ask("replay", "--refill-topics").wants(exitDone); !strings.Contains(p.err.String(), "\n0 facts of former topics were told again\n") {
		t.Errorf("without former topics it says %s", p.err)
	}
	i.ask("replay", "--refill-topics", "--dry-run").wants(exitUsage)
	i.ask("replay", "--from", "yesterday").wants(exitUsage)
	i.ask("replay", "--allow-other-model").wants(exitUsage)
	i.settled()
}

// otherModel trains one badly and quickly.
func otherModel(t *testing.T) (dir string) {
	t.Helper()
	c := train.DefaultConfig()
	c.Seed, c.Conversations, c.Test, c.Rounds, c.GoldenPerTopic = 99, 200, 100, 20, 1
	bundle, _, err := train.Train(c)
	if err != nil {
		t.Fatal(err)
	}
	files, err := bundle.Files()
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func TestProgress(t *testing.T) {
	f := func(terminal bool, want string) {
		t.Helper()
		var b bytes.Buffer
		p := &progress{w: &b, terminal: terminal}
		p.say("one")
		for n := range int64(4) {
			p.step(n+1, 4)
		}
		p.say("two")
		p.step(0, 0)
		p.end()
		if b.String() != want {
			t.Errorf("terminal %v: %q, want %q", terminal, b.String(), want)
		}
	}
	f(false, "one\none: 20% (1 of 4)\none: 50% (2 of 4)\none: 70% (3 of 4)\none: 100% (4 of 4)\ntwo\n")
	f(true, "one\n\rone:  25%  1 of 4\rone:  50%  2 of 4\rone:  75%  3 of 4\rone: 100%  4 of 4\ntwo\n")
}
