package web

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	placeholder = regexp.MustCompile(`\{\d\}`)
	// said are the places where a text is asked for by its whole key.
	said = regexp.MustCompile(`(?:\.t\(|{{t |\(t |Key: )"([a-z0-9_.]+)"`)
	// composed begin keys whose end is made while the page is: of pages,
	// failures, ranges and the like.
	composed = []string{"page.", "nav.", "range.", "error.", "sentence.", "tile.", "step.", "column.", "none.", "verdict.", "status.", "role.", "from.", "metric.", "scores.empty", "experiments.empty", "deadletters.empty", "fate.", "choose.", "choice.", "chip.", "order_status.", "evidence.", "term.", "stepname.", "list.empty", "orders.empty", "order.empty", "transcript.empty", "handoffs.empty", "handoff.", "segment.", "profile.", "route.", "knowledge.empty.", "knowledge.done.", "credits.total.", "records.empty.", "reason."}
)

// Both languages say everything, and put in the same values.
func TestCatalogueIsComplete(t *testing.T) {
	han := regexp.MustCompile(`\p{Han}`)
	for key, entry := range catalogue {
		if strings.TrimSpace(entry.ZH) == "" || strings.TrimSpace(entry.EN) == "" {
			t.Errorf("%s: a language is missing", key)
		}
		if han.MatchString(entry.EN) && key != "lang.other" && key != "tile.ordered.tip" {
			t.Errorf("%s: the English is Chinese: %s", key, entry.EN)
		}
		zh, en := placeholder.FindAllString(entry.ZH, -1), placeholder.FindAllString(entry.EN, -1)
		slices.Sort(zh)
		slices.Sort(en)
		if !slices.Equal(zh, en) {
			t.Errorf("%s: values differ: %v and %v", key, zh, en)
		}
	}
}

// Every text that is asked for is there, and every text that is there is asked
// for.
func TestCatalogueIsUsed(t *testing.T) {
	var sources strings.Builder
	for _, pattern := range []string{"*.go", "templates/*.html"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasSuffix(file, "_test.go") {
				sources.Write(content)
			}
		}
	}
	source := sources.String()
	for _, found := range said.FindAllStringSubmatch(source, -1) {
		if _, known := catalogue[found[1]]; !known && !strings.HasSuffix(found[1], ".") {
			t.Errorf("there is no text %q", found[1])
		}
	}
	for key := range catalogue {
		free := slices.ContainsFunc(composed, func(prefix string) bool { return strings.HasPrefix(key, prefix) })
		if !free && !strings.Contains(source, `"`+key+`"`) {
			t.Errorf("nothing asks for %q", key)
		}
	}
}

// What is composed while a page is made is there, too.
func TestComposedTexts(t *testing.T) {
	keys := []string{"page.signin", "page.error"}
	for _, p := range pages() {
		keys = append(keys, "page."+p.name)
		if !p.hidden {
			keys = append(keys, "nav."+p.group)
		}
	}
	for _, r := range ranges() {
		keys = append(keys, "range."+r, "sentence."+r)
	}
	for _, f := range []*failure{errNoPage, errForbidden, errForged, badFilter("a", "b"), tooManyAttempts(1), {key: "error.foreign_shop"}, {key: "error.unavailable"}} {
		keys = append(keys, f.Title(), f.Text(), f.Step())
	}
	for _, key := range declined {
		f := &failure{key: key}
		keys = append(keys, f.Title(), f.Text(), f.Step())
	}
	for _, done := range []string{"approved", "rejected"} {
		keys = append(keys, "knowledge.done."+done)
	}
	for _, key := range keys {
		if _, err := translate(English, key); err != nil {
			t.Error(err)
		}
	}
	if _, err := translate(Chinese, "no.such.text"); err == nil {
		t.Error("a text that there is not was shown")
	}
	if got, _ := translate(English, "rate.interval", 1, 2, 3); got != "95% 1–2, n=3" {
		t.Errorf("values were not put in: %s", got)
	}
}
