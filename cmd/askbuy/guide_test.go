package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"askbuy/report"
	"askbuy/report/inference"
)

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```$")

// guide is what a page of the documentation tells a reader to paste under one
// of its headings.
func guide(t *testing.T, page, heading string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../docs", page))
	if err != nil {
		t.Fatal(err)
	}
	_, section, found := strings.Cut(string(b), "\n## "+heading+"\n")
	if !found {
		t.Fatalf("%s has no heading %q", page, heading)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var script strings.Builder
	for _, block := range shellBlock.FindAllStringSubmatch(section, -1) {
		script.WriteString(block[1])
	}
	return script.String()
}

// paste runs a script beside the instance, as a reader in its directory would.
func (i *instance) paste(script string) string {
	i.t.Helper()
	self, err := os.Executable()
	if err != nil {
		i.t.Fatal(err)
	}
	dir := i.t.TempDir()
	program := "#!/bin/sh\n" + asProgram + "=1 exec " + self + " \"$@\"\n"
	for _, err := range []error{os.Mkdir(filepath.Join(dir, "bin"), 0o755), os.WriteFile(filepath.Join(dir, "bin", "askbuy"), []byte(program), 0o755), os.Symlink(i.dir, filepath.Join(dir, ".askbuy"))} {
		if err != nil {
			i.t.Fatal(err)
		}
	}
	c := exec.CommandContext(i.t.Context(), "bash", "-euo", "pipefail", "-c", strings.ReplaceAll(script, "http://127.0.0.1:8080", i.at.HTTP))
	c.Dir, c.Env = dir, environment()
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Run(); err != nil {
		i.t.Fatalf("%v after\n%s", err, out.String())
	}
	return out.String()
}

// The guide from a file to a verdict works as pasted: applied, assigned,
// exposed and ordered through the webhook, reported, audited, replayed,
// planned and tested on the own past.
func TestGuideOfExperiments(t *testing.T) {
	t.Parallel()
	i := start(t)
	said := i.paste(guide(t, "experiments.md", "From a file to a verdict in ten minutes"))
	for _, want := range []string{
		"registered: promo\n", "registered: welcome\n",
		`"experiment":"promo","variant":"control"`, `"accepted":3`,
		"NOT ENOUGH DATA - ", "promo: 1 of 1 exposures show what the hash gives",
		"SHIP - ", "welcome: nothing keeps it from being believed", "welcome: 1 of 1 snapshots follow from their stored input bit by bit",
		"promo: planned for 28 days", "A/A runs",
	} {
		if !strings.Contains(said, want) {
			t.Errorf("the guide does not say %q", want)
		}
	}
	if !regexp.MustCompile(`(?m)^experiment_units +[1-9]\d+ +none$`).MatchString(said) {
		t.Error("no unit was compared with the truth")
	}
	if t.Failed() {
		t.Log(said)
	}
	var r report.ExperimentReport
	if err := json.Unmarshal([]byte(i.ask("report", "experiment", "welcome", "--format", "json").wants(exitDone).out.String()), &r); err != nil {
		t.Fatal(err)
	}
	if !r.Final || r.Look != "final" || r.Verdicts[0].Decision != inference.Ship || *r.Results[0].Diff <= 0 || r.Health.Replayed == 0 {
		t.Errorf("%+v", r)
	}
	t.Run("A/A in a storm", func(t *testing.T) { i.aaInAStorm(t) })
	i.ask("experiment", "report", "nobody's").wants(exitUsage)
}

// aaInAStorm plays experiments without an effect, with heavy repeat users and
// all that senders do at their worst. Every unit is as the truth has it. With
// enough shoppers (SOAK=1) each is judged, and at most one in five is decided.
func (i *instance) aaInAStorm(t *testing.T) {
	seeds, many := 1, "200"
	if os.Getenv("SOAK") != "" {
		seeds, many = 5, "1500"
	}
	verdicts := map[inference.Decision]int{}
	for seed := 101; seed < 101+seeds; seed++ {
		truth, key := t.TempDir(), "aa-"+strconv.Itoa(seed)
		i.ask("simulate", "--seed", strconv.Itoa(seed), "--conversations", many, "--shops", "1", "--heavy-shoppers", "--noise", "storm", "--experiment", key, "--truth", truth).wants(exitDone)
		i.ask("experiment", "apply", filepath.Join(truth, "experiments", key+".yaml")).wants(exitDone)
		i.verified(truth)
		var r report.ExperimentReport
		p := i.ask("experiment", "report", key, "--format", "json")
		if err := json.Unmarshal([]byte(p.out.String()), &r); err != nil || !r.Final {
			t.Fatalf("exit code %d, %v: %s%s", p.code, err, p.out, p.err)
		}
		d := r.Verdicts[0].Decision
		verdicts[d]++
		t.Logf("%s: %d shoppers, %+v", key, r.Health.Units, r.Verdicts[0])
		if judged := d != inference.NotEnoughData && d != inference.Invalid; seeds > 1 && !judged {
			t.Errorf("%s is not judged: %+v", key, r.Verdicts[0])
		}
	}
	if decided := verdicts[inference.Ship] + verdicts[inference.RollBack]; decided*5 > seeds {
		t.Errorf("without an effect: %v", verdicts)
	}
}
