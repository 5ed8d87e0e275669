package main

import (
	"strings"
	"testing"
)

const passed = `{"Action":"output","Package":"askbuy/a","Test":"TestConformanceX/kafka","Output":"x.go:1: counted: 3 kills, 0 lost\n"}
{"Action":"pass","Package":"askbuy/a","Test":"TestConformanceX/kafka"}
{"Action":"pass","Package":"askbuy/a","Test":"TestConformanceX"}
{"Action":"pass","Package":"askbuy/a"}
`

func TestTally(t *testing.T) {
	packages = []string{"./a"}
	for name, c := range map[string]struct{ said, problem, shown string }{
		"all is well":               {said: passed, shown: "askbuy/a: 1 passed, 0 failed"},
		"counts are shown":          {said: passed, shown: "counted: 3 kills"},
		"nothing ran on the broker": {said: strings.ReplaceAll(passed, "/kafka", "/kfake"), problem: "no test ran on the broker"},
		"a package is missing":      {problem: "0 packages of 1"},
		"one failed": {
			said: passed + `{"Action":"output","Package":"askbuy/a","Test":"TestConformanceY/kafka","Output":"why\n"}
{"Action":"fail","Package":"askbuy/a","Test":"TestConformanceY/kafka"}
{"Action":"fail","Package":"askbuy/a","Test":"TestConformanceY"}
`,
			problem: "askbuy/a: failed", shown: "why\n",
		},
		"one that makes no subtest counts": {said: passed + `{"Action":"pass","Package":"askbuy/a","Test":"TestConformanceZ"}` + "\n", shown: "askbuy/a: 2 passed, 0 failed"},
		"does not build":                   {said: passed + `{"Action":"fail","Package":"askbuy/a"}` + "\n", problem: "askbuy/a: failed"},
		"go's own words":                   {said: passed + "go: no such tool\n", shown: "go: no such tool\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var shown strings.Builder
			counts, err := tally(strings.NewReader(c.said), &shown)
			if err != nil {
				t.Fatal(err)
			}
			err = counts.verdict(&shown)
			if (err != nil) != (c.problem != "") || err != nil && !strings.Contains(err.Error(), c.problem) {
				t.Errorf("verdict %v, want %q", err, c.problem)
			}
			if !strings.Contains(shown.String(), c.shown) {
				t.Errorf("shown %q, want %q", shown.String(), c.shown)
			}
		})
	}
}
