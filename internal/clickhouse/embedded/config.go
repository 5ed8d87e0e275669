//go:build unix && !noembed

package embedded

import (
	"encoding/xml"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// Files in the engine's directory.
const (
	configFile = "config.xml"
	usersFile  = "users.xml"
	portsFile  = "ports"
	stderrFile = "stderr.log"
	serverLog  = "clickhouse.log"
)

// settings are Options with absolute paths and, from the first start on, the ports in use.
type settings struct {
	Options
	host                 string
	httpPort, nativePort string
}

func newSettings(o Options, dir string) (settings, error) {
	s := settings{Options: o}
	s.Dir = dir
	var err error
	if s.host, s.httpPort, err = net.SplitHostPort(o.HTTPAddr); err != nil {
		return s, err
	}
	_, s.nativePort, err = net.SplitHostPort(o.NativeAddr)
	return s, err
}

func (s *settings) path(name string) string { return filepath.Join(s.Dir, name) }

// dialHost is where clients of this machine find the listeners.
func (s *settings) dialHost() string {
	switch s.host {
	case "", "0.0.0.0", "::":
		return "127.0.0.1"
	}
	return s.host
}

func (s *settings) httpAddr() string   { return net.JoinHostPort(s.dialHost(), s.httpPort) }
func (s *settings) nativeAddr() string { return net.JoinHostPort(s.dialHost(), s.nativePort) }

// write renders both files anew; the passwords in them are hashes, and still nobody else may read them.
func (s *settings) write() error {
	for name, tmpl := range map[string]*template.Template{configFile: configTemplate, usersFile: usersTemplate} {
		var b strings.Builder
		if err := tmpl.Execute(&b, s.view()); err != nil {
			return fmt.Errorf("render %s: %w", name, err)
		}
		if err := writePrivate(s.path(name), b.String()); err != nil {
			return err
		}
	}
	return nil
}

// writePrivate replaces a file; the mode holds even if an older file had another.
func writePrivate(path, content string) error {
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		return fmt.Errorf("replace %s: %w", path, err)
	}
	return os.WriteFile(path, []byte(content), 0o600)
}

type templateView struct {
	Dir, Host, HTTPPort, NativePort string
	MaxMemory                       int64
	ServiceHash                     string
	Readers                         []Reader
	Changeable                      []string
}

func (s *settings) view() templateView {
	v := templateView{
		Dir: s.Dir, Host: s.host, HTTPPort: s.httpPort, NativePort: s.nativePort, MaxMemory: s.MaxMemory,
		ServiceHash: Hash(s.ServicePassword), Readers: s.Readers, Changeable: Changeable,
	}
	if v.Host == "" {
		v.Host = "0.0.0.0"
	}
	return v
}

func escapeXML(s string) (string, error) {
	var b strings.Builder
	err := xml.EscapeText(&b, []byte(s))
	return b.String(), err
}

// byDatabase gives conditions by database and table.
func byDatabase(rows map[string]string) map[string]map[string]string {
	out := map[string]map[string]string{}
	for name, condition := range rows {
		database, table, _ := strings.Cut(name, ".")
		if out[database] == nil {
			out[database] = map[string]string{}
		}
		out[database][table] = condition
	}
	return out
}

func mustTemplate(name, text string) *template.Template {
	return template.Must(template.New(name).Funcs(template.FuncMap{"x": escapeXML, "byDatabase": byDatabase}).Parse(text))
}

// Four background threads and small caches suit one machine; the merge_tree numbers are those a pool of
// that size demands. A stop waits for idle HTTP connections until keep_alive_timeout, and for idle native ones
// until the profile's poll_interval (both in seconds, both 10 by default). console 0 keeps stack traces out of stderr, which would otherwise grow without bound.
var configTemplate = mustTemplate(configFile, `<clickhouse>
  <logger><level>warning</level><log>{{x .Dir}}/`+serverLog+`</log><errorlog>{{x .Dir}}/clickhouse.err.log</errorlog><size>10M</size><count>2</count><console>0</console></logger>
  <path>{{x .Dir}}/db/</path>
  <tmp_path>{{x .Dir}}/db/tmp/</tmp_path>
  <user_files_path>{{x .Dir}}/db/user_files/</user_files_path>
  <format_schema_path>{{x .Dir}}/db/format_schemas/</format_schema_path>
  <users_config>`+usersFile+`</users_config>
  <timezone>UTC</timezone>
  <listen_host>{{x .Host}}</listen_host>
  <http_port>{{x .HTTPPort}}</http_port>
  <tcp_port>{{x .NativePort}}</tcp_port>
  <max_server_memory_usage>{{.MaxMemory}}</max_server_memory_usage>
  <mark_cache_size>134217728</mark_cache_size>
  <background_pool_size>4</background_pool_size>
  <keep_alive_timeout>3</keep_alive_timeout>
  <merge_tree>
    <number_of_free_entries_in_pool_to_execute_mutation>2</number_of_free_entries_in_pool_to_execute_mutation>
    <number_of_free_entries_in_pool_to_lower_max_size_of_merge>2</number_of_free_entries_in_pool_to_lower_max_size_of_merge>
    <number_of_free_entries_in_pool_to_execute_optimize_entire_partition>2</number_of_free_entries_in_pool_to_execute_optimize_entire_partition>
  </merge_tree>
</clickhouse>
`)

// The profile default undoes what clickhouse-local turns on and a server does not have, so that SQL which a
// production server refuses is refused here too. Joins stay in the order they are written in: 26.7 loses columns
// when it reorders joins of the views (codes 10 and 49). Aggregates are not compiled: a compiled min or max takes a
// time before 1970 for the latest of all.
var usersTemplate = mustTemplate(usersFile, `<clickhouse>
  <profiles>
    <default>
      <implicit_select>0</implicit_select>
      <allow_introspection_functions>0</allow_introspection_functions>
      <async_insert>0</async_insert>
      <query_plan_optimize_join_order_limit>0</query_plan_optimize_join_order_limit>
      <compile_aggregate_expressions>0</compile_aggregate_expressions>
      <poll_interval>1</poll_interval>
    </default>
    <bi>
      <implicit_select>0</implicit_select>
      <allow_introspection_functions>0</allow_introspection_functions>
      <async_insert>0</async_insert>
      <query_plan_optimize_join_order_limit>0</query_plan_optimize_join_order_limit>
      <compile_aggregate_expressions>0</compile_aggregate_expressions>
      <poll_interval>1</poll_interval>
      <readonly>1</readonly>
      <max_execution_time>60</max_execution_time>
      <constraints>
        <max_execution_time><changeable_in_readonly/><max>300</max></max_execution_time>{{range .Changeable}}
        <{{.}}><changeable_in_readonly/></{{.}}>{{end}}
      </constraints>
    </bi>
  </profiles>
  <users>
    <default>
      <no_password/>
      <networks><ip>127.0.0.1</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
      <grants><query>GRANT SYSTEM LISTEN ON *.*</query></grants>
    </default>
    <`+ServiceUser+`>
      <password_sha256_hex>{{.ServiceHash}}</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>default</profile>
      <quota>default</quota>
    </`+ServiceUser+`>{{range .Readers}}
    <{{.Name}}>
      <password_sha256_hex>{{.Hash}}</password_sha256_hex>
      <networks><ip>::/0</ip></networks>
      <profile>bi</profile>
      <quota>{{.Name}}</quota>
      <grants>{{range .Grants}}
        <query>{{x .}}</query>{{end}}
      </grants>
      <databases>{{range $database, $tables := byDatabase .Rows}}
        <{{$database}}>{{range $table, $rows := $tables}}
          <{{$table}}><filter>{{x $rows}}</filter></{{$table}}>{{end}}
        </{{$database}}>{{end}}
      </databases>
    </{{.Name}}>{{end}}
  </users>
  <quotas>
    <default/>{{range .Readers}}
    <{{.Name}}><interval><duration>3600</duration><queries>{{.Queries}}</queries><execution_time>{{.Seconds}}</execution_time></interval></{{.Name}}>{{end}}
  </quotas>
</clickhouse>
`)
