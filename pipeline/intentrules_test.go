package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"

	"askbuy/models/registry"
)

// A file is published when it changes: once when that succeeds or cannot, and
// again until then.
func TestRulesFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "rules.json")
	var published []string
	var fails error
	f := &rulesFile{path: path, log: slog.New(slog.DiscardHandler), publish: func(_ context.Context, raw []byte, _, _ string) (registry.Entry, error) {
		published = append(published, string(raw))
		return registry.Entry{}, fails
	}}
	look := func(err error, want ...string) {
		t.Helper()
		fails, published = err, nil
		f.look(t.Context())
		f.look(t.Context())
		if fmt.Sprint(published) != fmt.Sprint(want) {
			t.Errorf("%v: published %q, want %q", err, published, want)
		}
	}
	write := func(raw string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(raw), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	look(nil) // no file says nothing
	write("")
	look(nil, "")
	write("a")
	look(errors.New("no broker"), "a", "a")
	look(nil, "a")
	write("b")
	look(fmt.Errorf("%w: broken", registry.ErrBundle), "b")
	write("c")
	look(fmt.Errorf("%w: known", registry.ErrNothing), "c")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	look(nil)
}
