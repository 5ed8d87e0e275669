package main

import (
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"askbuy/internal/clickhouse/embedded"
)

// anyPorts are addresses for an instance that nobody will look for.
var anyPorts = []string{
	"--http-addr", "127.0.0.1:0", "--admin-addr", "127.0.0.1:0", "--embedded-kafka-addr", "127.0.0.1:0",
	"--embedded-clickhouse-http-addr", "127.0.0.1:0", "--embedded-clickhouse-native-addr", "127.0.0.1:0",
}

// What an operator got wrong is one clear line, which names the setting and
// the next step, and exit code 2.
func TestWrongConfiguration(t *testing.T) {
	t.Parallel()
	busy, closed := occupied(t), vacant(t)
	dir, inTheWay := t.TempDir(), filepath.Join(t.TempDir(), "file")
	write(t, inTheWay, "not a directory")
	unknownKey := filepath.Join(t.TempDir(), "askbuy.yaml")
	write(t, unknownKey, "data_dri: /tmp\nlog_levle: info\n")
	noYAML := filepath.Join(t.TempDir(), "no.yaml")
	write(t, noYAML, "data_dir: [")
	deepKeys := filepath.Join(t.TempDir(), "deep.yaml")
	write(t, deepKeys, "shops: {\"10.24\": {time_zone: Asia/Atlantis, zone: x}}\napi_keys: [{naem: x}]\nhttp_addr: [1]\n")
	for name, c := range map[string]struct {
		env  []string
		args []string
		says []string
	}{
		"busy webhook port":           {args: []string{"--http-addr", busy}, says: []string{"ASKBUY_HTTP_ADDR", busy, "port 0"}},
		"busy admin port":             {args: []string{"--admin-addr", busy}, says: []string{"ASKBUY_ADMIN_ADDR", busy, "port 0"}},
		"busy broker port":            {args: []string{"--embedded-kafka-addr", busy}, says: []string{"ASKBUY_EMBEDDED_KAFKA_ADDR", busy, "port 0"}},
		"busy ClickHouse HTTP port":   {args: []string{"--embedded-clickhouse-http-addr", busy}, says: []string{"ASKBUY_EMBEDDED_CLICKHOUSE_HTTP_ADDR", busy, "port 0"}},
		"busy ClickHouse native port": {args: []string{"--embedded-clickhouse-native-addr", busy}, says: []string{"ASKBUY_EMBEDDED_CLICKHOUSE_NATIVE_ADDR", busy, "port 0"}},
		"not an address":              {args: []string{"--http-addr", "here"}, says: []string{"http_addr", "host:port"}},
		"not this machine's address":  {args: []string{"--http-addr", "192.0.2.1:0"}, says: []string{"ASKBUY_HTTP_ADDR", "192.0.2.1:0"}},
		"data directory is a file":    {args: []string{"--data-dir", inTheWay}, says: []string{"--data-dir", "ASKBUY_DATA_DIR", inTheWay, "name a directory"}},
		"data directory below a file": {args: []string{"--data-dir", filepath.Join(inTheWay, "sub")}, says: []string{"--data-dir", "name a directory"}},
		"engine is not there":         {env: []string{embedded.EnvLib + "=/nowhere/libchdb.so"}, says: []string{embedded.EnvLib, "/nowhere/libchdb.so", "make engine"}},
		"no engine":                   {env: []string{"HOME=" + dir, "XDG_CACHE_HOME=" + dir, "PATH=", embedded.EnvLib + "="}, says: []string{"make engine", "--clickhouse-dsn"}},
		"DSN of nobody":               {args: []string{"--clickhouse-dsn", "clickhouse://u:hidden@" + closed + "/x"}, says: []string{"ASKBUY_CLICKHOUSE_DSN", "--clickhouse-dsn", closed, "see that the server runs"}},
		"DSN of another protocol":     {args: []string{"--clickhouse-dsn", "http://u:hidden@" + closed}, says: []string{"clickhouse_dsn", "clickhouse://"}},
		"broker of nobody":            {args: []string{"--kafka-brokers", closed}, says: []string{"--kafka-brokers", "ASKBUY_KAFKA_BROKERS", closed, "check the address"}},
		"not a broker":                {args: []string{"--kafka-brokers", "kafka"}, says: []string{"kafka_brokers", "host:port"}},
		"unknown role":                {args: []string{"--roles", "cook"}, says: []string{"roles", "cook", "ingest"}},
		"sample without a door":       {args: []string{"--roles", "sink", "--sample"}, says: []string{"--sample", "ingest"}},
		"short fingerprint key":       {env: []string{"ASKBUY_FINGERPRINT_KEY=short"}, says: []string{"fingerprint_key", "32", "openssl rand"}},
		"unknown key":                 {args: []string{"--config", unknownKey}, says: []string{"data_dri", "log_levle", "config print"}},
		"unknown keys below":          {args: []string{"--config", deepKeys}, says: []string{"shops[10.24]: unknown key zone", "api_keys[0]: unknown key naem"}},
		"no configuration file":       {args: []string{"--config", inTheWay + "x"}, says: []string{"--config", inTheWay + "x"}},
		"configuration is no YAML":    {args: []string{"--config", noYAML}, says: []string{"--config", noYAML}},
		"unknown level":               {args: []string{"--log-level", "loud"}, says: []string{"log_level", "loud", "debug"}},
		"negative partitions":         {args: []string{"--kafka-partitions=-1"}, says: []string{"kafka_partitions"}},
		"partitions in words":         {args: []string{"--kafka-partitions", "many"}, says: []string{"kafka_partitions", `"many"`, "int32"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := append([]string{"run", "--data-dir", t.TempDir()}, anyPorts...)
			launch(t, environment(c.env...), append(args, c.args...)...).wants(exitUsage).complains(c.says...)
		})
	}
}

// Commands that need an instance say how to get one.
func TestWrongUse(t *testing.T) {
	t.Parallel()
	nobody := t.TempDir()
	for _, c := range []struct {
		args []string
		says []string
	}{
		{[]string{}, []string{"run", "--help"}},
		{[]string{"cook"}, []string{"cook", "--help"}},
		{[]string{"run", "--cook"}, []string{"--cook", "--help"}},
		{[]string{"report", "funnel", "--data-dir", nobody}, []string{nobody, "askbuy run", "--data-dir"}},
		{[]string{"report", "funnel", "--format", "xml"}, []string{"--format", "csv"}},
		{[]string{"simulate", "--data-dir", nobody}, []string{nobody, "askbuy run"}},
		{[]string{"simulate", "--data-dir", nobody, "--conversations", "0"}, []string{"conversations"}},
		{[]string{"simulate", "--noise", "loud"}, []string{"--noise", "storm"}},
		{[]string{"simulate", "--data-dir", nobody, "--url", "http://" + vacant(t)}, []string{"api_key", "--data-dir"}},
		{[]string{"verify"}, []string{"--truth", "--against-facts"}},
		{[]string{"verify", "--truth", nobody, "--repair"}, []string{"--repair", "--against-facts"}},
		{[]string{"verify", "--truth", nobody, "--data-dir", nobody}, []string{nobody, "askbuy run"}},
		{[]string{"topics", "--data-dir", nobody}, []string{nobody, "askbuy run"}},
		{[]string{"migrate", "--data-dir", nobody}, []string{nobody, "askbuy run"}},
		{[]string{"config", "check", "--http-addr", "x", "--log-level", "y"}, []string{"http_addr", "log_level"}},
	} {
		ask(t, c.args...).wants(exitUsage).complains(c.says...)
	}
}

// A running instance keeps its data directory to itself, and stays well when
// others are turned away.
func TestOneInstanceADirectory(t *testing.T) {
	t.Parallel()
	i := start(t)
	i.begin(append([]string{"run"}, anyPorts...)...).wants(exitUsage).complains("--data-dir", "ASKBUY_DATA_DIR", i.dir, "in use")
	dsn, err := url.Parse(i.at.DSN)
	if err != nil {
		t.Fatal(err)
	}
	dsn.User = url.UserPassword("askbuy", "not the password")
	wrong := launch(t, environment(), append([]string{"run", "--data-dir", t.TempDir(), "--clickhouse-dsn", dsn.String()}, anyPorts...)...)
	wrong.wants(exitUsage).complains("ASKBUY_CLICKHOUSE_DSN", "correct the user or the password")
	if strings.Contains(wrong.err.String(), "not the password") {
		t.Errorf("the password is shown: %s", wrong.err)
	}
	other := launch(t, environment(), append([]string{"run", "--data-dir", t.TempDir(), "--kafka-brokers", i.at.Kafka, "--kafka-partitions", "7", "--kafka-replication", "1"}, anyPorts...)...)
	other.wants(exitUsage).complains("partitions")
	i.ask("verify", "--truth", i.dir).wants(exitUsage) // no truth there
	i.settled()

	i.kill() // its endpoints.json stays and names nobody
	for _, args := range [][]string{{"report", "funnel"}, {"verify", "--against-facts"}, {"migrate"}, {"topics"}, {"simulate", "--conversations", "1"}} {
		i.ask(args...).wants(exitUsage).complains("127.0.0.1:")
	}
	i.again()
	i.settled()
}

// complains wants one line of complaint that says all of this.
func (p *process) complains(says ...string) {
	p.t.Helper()
	var lines []string
	for line := range strings.Lines(p.err.String()) {
		if strings.HasPrefix(line, "askbuy: ") || !strings.HasPrefix(line, "time=") {
			lines = append(lines, line)
		}
	}
	whole := strings.Join(lines, "")
	if len(lines) == 0 || !strings.HasPrefix(whole, "askbuy: ") {
		p.t.Errorf("%v: no complaint:\n%s", p.cmd.Args[1:], p.err)
	}
	for _, something := range says {
		if !strings.Contains(whole, something) {
			p.t.Errorf("%v: the complaint does not say %q:\n%s", p.cmd.Args[1:], something, whole)
		}
	}
	for _, never := range []string{"panic", "goroutine", "hidden", "decoding failed"} {
		if strings.Contains(whole, never) {
			p.t.Errorf("%v: the complaint says %q:\n%s", p.cmd.Args[1:], never, whole)
		}
	}
}

// occupied is an address that somebody listens on.
func occupied(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.Addr().String()
}

// vacant is an address that nobody listens on.
func vacant(t *testing.T) string {
	t.Helper()
	return freeAddr(t, 0)
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
