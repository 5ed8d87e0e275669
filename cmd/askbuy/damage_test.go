package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"askbuy/pipeline"
)

// resting is a data directory with a little of everything, of an instance that
// has stopped; truth is what it holds.
func resting(t *testing.T) (i *instance, truth string) {
	t.Helper()
	i, truth = start(t), t.TempDir()
	i.ask("simulate", "--seed", "5", "--conversations", "30", "--truth", truth).wants(exitDone)
	i.verified(truth)
	i.stop()
	return i, truth
}

// copied is a copy of a data directory, with ports of its own.
func (i *instance) copied(t *testing.T) *instance {
	t.Helper()
	again := &instance{t: t, dir: filepath.Join(t.TempDir(), "data")}
	if err := os.CopyFS(again.dir, os.DirFS(i.dir)); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(again.dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		return os.Chmod(path, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	again.ports = anyPorts
	return again
}

// store is a part of the data directory that a start must not touch when it
// refuses to start.
func (i *instance) store(t *testing.T) map[string][sha256.Size]byte {
	t.Helper()
	sums := map[string][sha256.Size]byte{}
	err := filepath.WalkDir(i.dir, func(path string, e fs.DirEntry, err error) error {
		name, _ := filepath.Rel(i.dir, path)
		switch {
		case err != nil:
			return err
		case name == "clickhouse": // its server tidies up by itself, and writes logs
			return fs.SkipDir
		case e.IsDir() || strings.HasSuffix(name, "lock") || strings.HasPrefix(name, "kafka") && filepath.Ext(name) != ".dat":
			return nil // a broker that opens well may keep its books
		case strings.Contains(name, "-table-"):
			return nil // and compact its tables, as copies that say the same
		}
		content, err := os.ReadFile(path)
		sums[name] = sha256.Sum256(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return sums
}

// A data directory that is damaged, foreign or incomplete is refused with one
// line that says where and what to do, exit code 2, and nothing in it is
// changed: mended, it is what it was.
func TestDamagedDataDirectoryIsRefused(t *testing.T) {
	t.Parallel()
	whole, truth := resting(t)
	for name, c := range map[string]struct {
		damage func(t *testing.T, dir string) error
		says   []string
	}{
		"lock is a directory": {func(_ *testing.T, dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "lock")), os.Mkdir(filepath.Join(dir, "lock"), 0o700))
		}, []string{"--data-dir", "name a directory that askbuy may write"}},
		"a secret is a directory": {func(_ *testing.T, dir string) error {
			return errors.Join(os.Remove(filepath.Join(dir, "api_key")), os.Mkdir(filepath.Join(dir, "api_key"), 0o700))
		}, []string{"api_key", "restore it from a backup"}},
		"a secret is cut short":       {replaced("coze_secret", "abc"), []string{"coze_secret", "fewer than", "restore it from a backup"}},
		"another fingerprint key":     {replaced("fingerprint_key", strings.Repeat("f", 64)), []string{"kafka", "another installation", "fingerprint_key", "ASKBUY_FINGERPRINT_KEY"}},
		"a bit of the log is flipped": {flipped, []string{"kafka", "damaged", "not intact", "restore it from a copy"}},
		"the log lacks its topics":    {removed("kafka/topics.json"), []string{"kafka", "damaged", "topics.json", "restore it from a copy"}},
		"the log is none":             {removed("kafka/meta.json"), []string{"kafka", "meta.json", "choose an empty directory"}},
		"the keyring is torn":         {replaced("keyring.json", `{"version":1,`), []string{"keyring.json", "restore the file from a backup"}},
		"the list of readers is torn": {func(_ *testing.T, dir string) error {
			return os.WriteFile(filepath.Join(dir, "bi_readers.json"), []byte(`[{"name":"acme"`), 0o600)
		}, []string{"bi_readers.json", "restore it, or remove it and grant anew"}},
		"another keyring secret": {replaced("keyring_secret", strings.Repeat("e", 64)), []string{"keyring.json", "give the secret the keyring was made with"}},
		"the spool is a file": {func(_ *testing.T, dir string) error {
			return errors.Join(os.RemoveAll(filepath.Join(dir, "spool")), os.WriteFile(filepath.Join(dir, "spool"), nil, 0o600))
		}, []string{"spool", "name a data directory that askbuy may write"}},
		"the warehouse is lost": {removed("clickhouse"), []string{"warehouse is empty", "restore", "clickhouse", "begin anew"}},
		"the warehouse is a file": {func(_ *testing.T, dir string) error {
			return errors.Join(os.RemoveAll(filepath.Join(dir, "clickhouse")), os.WriteFile(filepath.Join(dir, "clickhouse"), nil, 0o600))
		}, []string{"clickhouse", "restore it from a backup"}},
		"the warehouse's data is a file": {func(_ *testing.T, dir string) error {
			db := filepath.Join(dir, "clickhouse", "db")
			return errors.Join(os.RemoveAll(db), os.WriteFile(db, nil, 0o600))
		}, []string{"clickhouse/db", "Not a directory", "restore it from a backup"}},
		"the warehouse's tables are no SQL": {replaced("clickhouse/db/metadata/askbuy.sql", "garbage"), []string{"metadata/askbuy.sql", "restore it from a backup"}},
		"another installation's warehouse": {func(_ *testing.T, dir string) error {
			return errors.Join(os.RemoveAll(filepath.Join(dir, "kafka")), os.WriteFile(filepath.Join(dir, "fingerprint_key"), []byte(strings.Repeat("f", 64)), 0o600))
		}, []string{"begun with another key", "ASKBUY_FINGERPRINT_KEY", "fingerprint_key"}},
	} {
		t.Run(name, func(t *testing.T) {
			i := whole.copied(t)
			if err := c.damage(t, i.dir); err != nil {
				t.Fatal(err)
			}
			before := i.store(t)
			p := i.begin(append([]string{"run"}, i.ports...)...).wants(exitUsage)
			p.complains(c.says...)
			if strings.Contains(p.err.String(), " @ 0x") {
				t.Errorf("the complaint is a stack trace:\n%s", p.err)
			}
			after := i.store(t)
			if name == "another installation's warehouse" { // a broker that is new may begin
				maps.DeleteFunc(after, func(name string, _ [sha256.Size]byte) bool { return strings.HasPrefix(name, "kafka") })
			}
			if !maps.Equal(before, after) {
				t.Errorf("the directory was changed: %d files before, %d after", len(before), len(after))
			}
		})
	}
	whole.again() // whatever was shown above, the copies were of this
	whole.verified(truth)
}

func replaced(name, content string) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600)
	}
}

func removed(name string) func(*testing.T, string) error {
	return func(_ *testing.T, dir string) error {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return err
		}
		return os.RemoveAll(filepath.Join(dir, name))
	}
}

// flipped changes one bit in the first half of each segment of the messages.
func flipped(t *testing.T, dir string) error {
	segments, err := filepath.Glob(filepath.Join(dir, "kafka", "partitions", "*messages.v1-*", "*.dat"))
	if err != nil || len(segments) == 0 {
		return fmt.Errorf("%d segments: %w", len(segments), err)
	}
	for _, path := range segments {
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		content[len(content)/3] ^= 4
		if err := os.WriteFile(path, content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// What is a copy of something else is made anew from it, and the start goes on.
func TestWhatCanBeMadeAnewIs(t *testing.T) {
	t.Parallel()
	whole, truth := resting(t)
	i := whole.copied(t)
	for name, content := range map[string]string{
		"dedupe.snapshot": "no snapshot", "spool/position": strings.Repeat("x", 40), "endpoints.json": "{",
		"kafka/session_state.json": "{", "kafka/groups.log": "no log", "kafka/pids.log": "x",
	} {
		if err := os.WriteFile(filepath.Join(i.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	i.ask("report", "funnel").wants(exitUsage).complains("endpoints.json", "askbuy run")
	i.again()
	i.verified(truth)
	if said := i.process.err.String(); !strings.Contains(said, "door's memory starts empty") {
		t.Errorf("nothing is said of the lost memory:\n%s", said)
	}
	stale, err := json.Marshal(pipeline.Endpoints{PID: 1, Admin: "http://" + vacant(t), DSN: "clickhouse://askbuy:x@" + vacant(t)})
	if err != nil {
		t.Fatal(err)
	}
	i.stop()
	write(t, filepath.Join(i.dir, "endpoints.json"), string(stale))
	i.ask("report", "funnel").wants(exitUsage).complains(i.dir, "does not answer")
	i.again()
	i.verified(truth)
}
