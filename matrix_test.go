package askbuy

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// faultRows are F1 to F22.
const faultRows = 22

var (
	matrixRow = regexp.MustCompile(`(?m)^\| (F\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$`)
	invariant = regexp.MustCompile(`\bI[1-6]\b`)
	testName  = regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)\\w+)`")
)

// docs/testing.md has every row of the fault matrix, each with an invariant
// and with tests that are there.
func TestFaultMatrix(t *testing.T) {
	page, err := os.ReadFile("docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range matrixProblems(string(page), testsOf) {
		t.Error(problem)
	}
}

// A page that lacks something is found wanting.
func TestFaultMatrixSees(t *testing.T) {
	page, err := os.ReadFile("docs/testing.md")
	if err != nil {
		t.Fatal(err)
	}
	whole := string(page)
	row := matrixRow.FindString(whole)
	for name, broken := range map[string]string{
		"a row is missing":          strings.Replace(whole, row, "", 1),
		"a row is twice":            strings.Replace(whole, row, row+"\n"+row, 1),
		"no invariant":              strings.Replace(whole, row, invariant.ReplaceAllString(row, "I"), 1),
		"no tests":                  strings.Replace(whole, row, testName.ReplaceAllString(row, "-"), 1),
		"a test is renamed":         strings.Replace(whole, row, testName.ReplaceAllString(row, "`$1.${2}Renamed`"), 1),
		"another package":           strings.Replace(whole, row, testName.ReplaceAllString(row, "`models/intent.$2`"), 1),
		"something that is no test": strings.Replace(whole, row, strings.Replace(row, "`", "`x ", 1), 1),
	} {
		if len(matrixProblems(broken, testsOf)) == 0 {
			t.Errorf("%s: not seen", name)
		}
	}
}

// matrixProblems says what is wrong with a page. testsOf lists the tests of a
// package.
func matrixProblems(page string, testsOf func(dir string) ([]string, error)) (problems []string) {
	var rows []string
	for _, row := range matrixRow.FindAllStringSubmatch(page, -1) {
		name, invariants, tests := row[1], row[3], row[4]
		rows = append(rows, name)
		if !invariant.MatchString(invariants) {
			problems = append(problems, name+" names no invariant")
		}
		named := testName.FindAllStringSubmatch(tests, -1)
		if len(named) == 0 || strings.TrimSpace(testName.ReplaceAllString(tests, "")) != "" {
			problems = append(problems, fmt.Sprintf("%s: want tests as `package.Test`, got %s", name, tests))
		}
		for _, one := range named {
			there, err := testsOf(one[1])
			if err != nil || !slices.Contains(there, one[2]) {
				problems = append(problems, fmt.Sprintf("%s: package %s has no %s (%v)", name, one[1], one[2], err))
			}
		}
	}
	for n := range faultRows {
		if want := fmt.Sprintf("F%d", n+1); n >= len(rows) || rows[n] != want {
			return append(problems, fmt.Sprintf("rows are %v, want F1 to F%d in order: %s is not in its place", rows, faultRows, want))
		}
	}
	if len(rows) != faultRows {
		problems = append(problems, fmt.Sprintf("%d rows, want %d", len(rows), faultRows))
	}
	return problems
}

// testsOf are the tests and fuzz targets of a package. Sources are parsed here,
// so that the test cache sees what this depends on.
func testsOf(dir string) (names []string, err error) {
	files, err := filepath.Glob(path.Join(dir, "*_test.go"))
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		for _, d := range parsed.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				names = append(names, f.Name.Name)
			}
		}
	}
	return names, nil
}
