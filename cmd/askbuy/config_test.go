package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"go.yaml.in/yaml/v3"
)

// configured is what `config print` says, of the settings that it shows.
func configured(t *testing.T, env []string, args ...string) map[string]any {
	t.Helper()
	p := launch(t, environment(env...), append([]string{"config", "print"}, args...)...).wants(exitDone)
	var settings map[string]any
	if err := yaml.Unmarshal([]byte(p.out.String()), &settings); err != nil {
		t.Fatalf("config print: %v\n%s", err, p.out)
	}
	return settings
}

// Defaults < file < environment < flag.
func TestPrecedence(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "askbuy.yaml")
	write(t, file, "default_shop: from the file\n")
	var (
		fromFile = []string{"--config", file}
		fromEnv  = []string{"ASKBUY_DEFAULT_SHOP=from the environment"}
		fromFlag = []string{"--default-shop", "from a flag"}
	)
	for _, c := range []struct {
		want string
		env  []string
		args []string
	}{
		{"default", nil, nil},
		{"from the file", nil, fromFile},
		{"from the file", []string{"ASKBUY_CONFIG=" + file}, nil},
		{"from the file", []string{"ASKBUY_DEFAULT_SHOP="}, fromFile}, // an empty variable is none
		{"from the environment", fromEnv, nil},
		{"from the environment", fromEnv, fromFile},
		{"from a flag", nil, fromFlag},
		{"from a flag", fromEnv, append(fromFlag, fromFile...)},
	} {
		if have := configured(t, c.env, c.args...)["default_shop"]; have != c.want {
			t.Errorf("%v %v: default_shop is %q, want %q", c.env, c.args, have, c.want)
		}
	}
}

// What config print prints is a configuration file that says the same, and
// --redact hides what must not be read over a shoulder.
func TestConfigPrint(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "askbuy.yaml")
	write(t, file, `
api_keys: [{name: crm, key: hidden-hidden-hidden, shops: ["1024"]}]
shops: {"10.24": {time_zone: Asia/Tokyo, reporting_currency: JPY}}
clickhouse_dsn: clickhouse://askbuy:hidden@db:9000/default
kafka_brokers: [a:9092, b:9092]
retention: {messages: 400d, dead_letters: 90d}
door: {drain_delay: 3s}
`)
	env := []string{
		"COZE_SECRET=hidden-hidden-hidden-hidden-hidden", "ASKBUY_API_KEY=hidden-api-key-of-all-shops",
		"ASKBUY_BI_PASSWORD=hidden", "ASKBUY_FINGERPRINT_KEY=hidden-hidden-hidden-hidden-hidden",
	}
	open := launch(t, environment(env...), "config", "print", "--config", file).wants(exitDone).out.String()
	printed := filepath.Join(t.TempDir(), "printed.yaml")
	write(t, printed, open)
	if again := launch(t, environment(), "config", "print", "--config", printed).wants(exitDone).out.String(); again != open {
		t.Errorf("what was printed is read as something else:\n%s\n%s", open, again)
	}
	redacted := launch(t, environment(env...), "config", "print", "--redact", "--config", file).wants(exitDone).out.String()
	if strings.Contains(redacted, "hidden") {
		t.Errorf("a secret is shown:\n%s", redacted)
	}
	for _, shown := range []string{"crm", "10.24", "Asia/Tokyo", "JPY", "messages: 400d", "db:9000", "a:9092", "b:9092", "drain_delay: 3s"} {
		if !strings.Contains(redacted, shown) {
			t.Errorf("%q is hidden:\n%s", shown, redacted)
		}
	}
	launch(t, environment(env...), "config", "check", "--config", file).wants(exitDone)
}

// A variable that looks like a setting and is none is warned of, once.
func TestUnknownVariable(t *testing.T) {
	t.Parallel()
	p := launch(t, environment("ASKBUY_HTP_ADDR=127.0.0.1:1"), "config", "check").wants(exitDone)
	if strings.Count(p.err.String(), "ASKBUY_HTP_ADDR") != 1 {
		t.Errorf("no warning of the variable: %q", p.err)
	}
}

// Every command and every flag has a help text, and --help is no failure.
func TestHelp(t *testing.T) {
	t.Parallel()
	var c cli
	parser, err := kong.New(&c)
	if err != nil {
		t.Fatal(err)
	}
	if err := kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		switch n := node.(type) {
		case *kong.Node:
			helped(t, n)
		case *kong.Flag:
			if n.Help == "" {
				t.Errorf("--%s has no help", n.Name)
			}
		}
		return next(nil)
	}); err != nil {
		t.Fatal(err)
	}
	ask(t, "version").wants(exitDone)
	if p := ask(t, "report", "funnel", "--help").wants(exitDone); !strings.Contains(p.out.String(), "--format") || p.err.String() != "" {
		t.Errorf("--help of the real program says\n%s\n%s", p.out, p.err)
	}
}

// helped asks a command for help, in this process: there are many.
func helped(t *testing.T, n *kong.Node) {
	t.Helper()
	if n.Type == kong.CommandNode && n.Help == "" {
		t.Errorf("%s has no help", n.FullPath())
	}
	var out, errs bytes.Buffer
	args := []string{"--help"}
	for at := n; at.Parent != nil; at = at.Parent {
		args = append([]string{at.Name}, args...)
	}
	if code := run(t.Context(), args, nil, &out, &errs); code != exitDone || out.Len() == 0 || errs.Len() > 0 {
		t.Errorf("%v: exit %d\n%s%s", args, code, &out, &errs)
	}
}
