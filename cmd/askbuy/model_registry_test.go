package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"askbuy/models/intent"
	"askbuy/pipeline"
)

// bundleID is the id of the bundle in a directory.
func bundleID(t *testing.T, dir string) string {
	t.Helper()
	bundle, err := intent.ReadBundle(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return bundle.Manifest.ID
}

// What the gate refuses and what is broken is not promoted; what is forced
// takes effect later, and can be taken back.
func TestModelCommands(t *testing.T) {
	t.Parallel()
	i := start(t)
	states := func(want ...string) {
		t.Helper()
		var list []pipeline.ListedModel
		if err := json.Unmarshal([]byte(i.ask("model", "list", "--format", "json").wants(exitDone).out.String()), &list); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, m := range list {
			got = append(got, m.Origin+" "+m.State)
		}
		if strings.Join(got, ", ") != strings.Join(want, ", ") {
			t.Errorf("models are %v, want %v", got, want)
		}
	}
	states("shipped in force")
	other := otherModel(t)
	i.ask("model", "promote", other).wants(exitUsage) // without a reason
	if p := i.ask("model", "promote", other, "--why", "better").wants(exitNo); !strings.Contains(p.out.String(), "refused") {
		t.Errorf("the gate says\n%s%s", p.out, p.err)
	}
	i.ask("model", "rollback", "--why", "worse").wants(exitNo)
	states("shipped in force")
	i.ask("model", "promote", other, "--force", "--why", "better").wants(exitDone)
	states("shipped in force", "imported scheduled")
	// The next one is held against what is to come, not against what it never followed.
	if p := i.ask("model", "promote", intent.Default().ID(), "--why", "better").wants(exitNo); !strings.Contains(p.out.String(), "scheduled  "+bundleID(t, other)) {
		t.Errorf("within the notice of another promotion the gate says\n%s%s", p.out, p.err)
	}
	if p := i.ask("model", "list").wants(exitDone); !strings.Contains(p.out.String(), "from the beginning to ") {
		t.Errorf("the list is\n%s", p.out)
	}
	if p := i.ask("model", "rollback", "--why", "worse").wants(exitDone); !strings.Contains(p.out.String(), " reads messages from ") {
		t.Errorf("of a rollback it says %s", p.out)
	}
	states("shipped in force", "imported withdrawn")
	if err := os.WriteFile(filepath.Join(other, "golden.json"), []byte("[]"), 0o600); err != nil {
		t.Fatal(err)
	}
	if p := i.ask("model", "promote", other, "--force", "--why", "broken").wants(exitNo); !strings.Contains(p.err.String(), "a file was changed") {
		t.Errorf("of a broken bundle it says %s", p.err)
	}
}
