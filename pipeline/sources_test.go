package pipeline

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSourcesConfig(t *testing.T) {
	good := Source{Name: "mall", Kind: "shopify", Secrets: []string{"hush"}, Shop: "1024"}
	seed := Source{Name: "coze", Kind: "jwt", Secrets: []string{strings.Repeat("x", 32)}}
	change := func(s Source, f func(*Source)) Source { f(&s); return s }
	for want, sources := range map[string][]Source{
		"":                          {good, seed, change(good, func(s *Source) { s.Name = "mall-2" })},
		"sources[1].name":           {good, good},
		"sources[0].name: \"\"":     {change(good, func(s *Source) { s.Name = "" })},
		"sources[0].name: \"A/\"":   {change(good, func(s *Source) { s.Name = "A/" })},
		"taken by a route":          {change(good, func(s *Source) { s.Name = "events" })},
		"POST /coze":                {change(good, func(s *Source) { s.Name = "coze" })},
		"sources[0].kind":           {change(good, func(s *Source) { s.Kind = "x" })},
		"sources[0].secrets":        {change(good, func(s *Source) { s.Secrets = nil })},
		"sources[0].shop":           {change(good, func(s *Source) { s.Shop = "" })},
		"sources[0].shop: at most":  {change(good, func(s *Source) { s.Shop = strings.Repeat("x", 257) })},
		"sources[0].lenient":        {change(good, func(s *Source) { s.Lenient = true })},
		"sources[0].options.colour": {change(good, func(s *Source) { s.Options = map[string]string{"colour": "red"} })},
	} {
		c := DefaultConfig()
		c.Sources = sources
		err := c.Validate()
		if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
	c := DefaultConfig()
	c.Sources, c.CozeLenient = []Source{seed}, true
	if err := c.Validate(); err == nil || !strings.Contains(err.Error(), "coze_lenient") {
		t.Errorf("two settings of one thing: %v", err)
	}
}

// TestSecretsOfSources may lie in the environment or in a file; who does not
// need them may read the configuration without.
func TestSecretsOfSources(t *testing.T) {
	file := filepath.Join(t.TempDir(), "secret")
	c := DefaultConfig()
	c.Sources = []Source{{Name: "mall", Kind: "shopify", SecretFile: file, SecretEnv: "TEST_MALL_SECRET", Shop: "1024"}}
	if err := c.Validate(); err != nil {
		t.Errorf("validate: %v", err)
	}
	if err := CheckSources(c); err == nil || !strings.Contains(err.Error(), "TEST_MALL_SECRET") {
		t.Errorf("no variable: %v", err)
	}
	t.Setenv("TEST_MALL_SECRET", "one")
	if err := CheckSources(c); err == nil || !strings.Contains(err.Error(), "secret_file") {
		t.Errorf("no file: %v", err)
	}
	if err := os.WriteFile(file, []byte("\ntwo\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := CheckSources(c); err != nil {
		t.Error(err)
	}
	if got, err := c.Sources[0].secrets(); err != nil || strings.Join(got, ",") != "one,two" {
		t.Errorf("%q %v", got, err)
	}
	t.Setenv("TEST_MALL_SECRET", "one\nthree")
	if err := CheckSources(c); err == nil || !strings.Contains(err.Error(), "secrets:") {
		t.Errorf("three secrets: %v", err)
	}
}

// TestSourceOfCoze takes the place of the coze_ settings, with ids as sent.
func TestSourceOfCoze(t *testing.T) {
	c := DefaultConfig()
	c.Sources = []Source{
		{Name: "coze", Kind: "jwt", Secrets: []string{strings.Repeat("x", 32), strings.Repeat("y", 32)}, Shop: "7"},
		{Name: "bot", Kind: "jwt", Secrets: []string{strings.Repeat("x", 32)}},
	}
	hooks, coze, err := c.sources(time.Now)
	if err != nil || len(hooks) != 1 || coze == nil {
		t.Fatal(hooks, coze, err)
	}
	if coze.Prefix != "" || coze.Shop != "7" || hooks[0].Prefix != "bot:" || hooks[0].DefaultShop != "default" {
		t.Errorf("%+v %+v", coze, hooks)
	}
}
