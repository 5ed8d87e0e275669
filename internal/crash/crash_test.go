package crash

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The product must not have a way to crash on demand.
func TestOnlyTestsArm(t *testing.T) {
	files := 0
	root := os.DirFS(filepath.Join("..", ".."))
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "testdata"):
			return fs.SkipDir
		case entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		content, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, content, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files++
		ast.Inspect(parsed, func(n ast.Node) bool {
			if s, is := n.(*ast.SelectorExpr); is && s.Sel.Name == "Arm" {
				if x, is := s.X.(*ast.Ident); is && x.Name == "crash" {
					t.Errorf("%s arms a crash", path)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files were looked at: %v", files, err)
	}
}

func TestNothingHappensUnarmed(*testing.T) {
	for _, p := range All() {
		At(p)
	}
	Acked("askbuy.", "askbuy.journey.v1")
}

func TestPlans(t *testing.T) {
	ends := func(n int, then Point, points ...Point) (after int) {
		var ended bool
		hook := doer(DoorStored, n, then, func() { ended = true })
		for i, p := range points {
			done := make(chan struct{})
			go func() {
				defer close(done)
				hook(p)
			}()
			if p == DoorStored && then != "" { // it stays there
				continue
			}
			<-done
			if ended {
				return i + 1
			}
		}
		return 0
	}
	if got := ends(2, "", SinkFacts, DoorStored, SinkFacts, DoorStored); got != 4 {
		t.Errorf("ended after %d points, want at the second of its kind", got)
	}
	again := 0
	hook := doer(SinkFacts, 1, "", func() { again++ })
	if hook(SinkFacts); again != 1 {
		t.Errorf("done %d times", again)
	}
	if hook(SinkFacts); again != 1 {
		t.Error("done again")
	}
	if got := ends(3, "", DoorStored, DoorStored); got != 0 {
		t.Errorf("ended after %d points, want not at all", got)
	}
	for plan, ok := range map[string]bool{
		List: true, "door.stored": true, "door.stored:3": true, "order.set:2>acked.orders-table": true,
		"door": false, "door.stored:x": false, "order.set>nowhere": false, "order.set>": false, "": false,
	} {
		if err := Arm(plan, End, os.Stderr); (err == nil) != ok {
			t.Errorf("plan %q: %v", plan, err)
		}
		reached = nil
	}
}

// Whoever reaches the first point stays there, and the second ends it.
func TestHeldUntilTheSecondPoint(t *testing.T) {
	ended := make(chan struct{})
	hook := doer(OrderSet, 1, AckedOrdersTable, func() { close(ended); select {} })
	hook(AckedOrdersTable) // before: nothing
	entered := make(chan struct{})
	go func() {
		close(entered)
		hook(OrderSet)
		t.Error("went on")
	}()
	<-entered
	go func() {
		for {
			hook(AckedOrdersTable) // until it counts
		}
	}()
	<-ended
}
