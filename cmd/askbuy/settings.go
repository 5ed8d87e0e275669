package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/go-viper/mapstructure/v2"
	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/rawbytes"
	"github.com/knadh/koanf/v2"

	"askbuy/pipeline"
)

// flags are the settings that may be given on the command line. The tag
// setting names the key in the file and the variable in the environment.
type flags struct {
	Config    string `placeholder:"FILE" help:"Configuration file (YAML). Flags win over the environment, the environment over the file."`
	DataDir   string `placeholder:"DIR" setting:"data_dir,ASKBUY_DATA_DIR" help:"Where askbuy keeps its data and secrets (default .askbuy)."`
	LogLevel  string `placeholder:"LEVEL" setting:"log_level,ASKBUY_LOG_LEVEL" help:"debug, info, warn or error (default info)."`
	HTTPAddr  string `name:"http-addr" placeholder:"HOST:PORT" setting:"http_addr,ASKBUY_HTTP_ADDR" help:"Webhooks and /v1 (default 127.0.0.1:8080)."`
	AdminAddr string `placeholder:"HOST:PORT" setting:"admin_addr,ASKBUY_ADMIN_ADDR" help:"Dashboard, health and metrics (default 127.0.0.1:8081)."`

	KafkaBrokers      string `placeholder:"HOST:PORT,..." setting:"kafka_brokers,ASKBUY_KAFKA_BROKERS" help:"Kafka to use; without it an embedded broker is started."`
	KafkaPrefix       string `placeholder:"PREFIX" setting:"kafka_prefix,ASKBUY_KAFKA_PREFIX" help:"Prefix of topics and groups (default askbuy.)."`
	KafkaPartitions   string `placeholder:"N" setting:"kafka_partitions,ASKBUY_KAFKA_PARTITIONS" help:"Partitions of every topic (default 16, embedded 4)."`
	KafkaReplication  string `placeholder:"N" setting:"kafka_replication,ASKBUY_KAFKA_REPLICATION" help:"Replicas of every topic (default 3, embedded 1)."`
	KafkaTLS          string `name:"kafka-tls" placeholder:"true" setting:"kafka_tls,ASKBUY_KAFKA_TLS" help:"Encrypt connections to Kafka."`
	KafkaTLSCAFile    string `name:"kafka-tls-ca-file" placeholder:"FILE" setting:"kafka_tls_ca_file,ASKBUY_KAFKA_TLS_CA_FILE" help:"Authorities that Kafka's certificate may be from, PEM (default the system's)."`
	KafkaSASL         string `name:"kafka-sasl-mechanism" placeholder:"NAME" setting:"kafka_sasl_mechanism,ASKBUY_KAFKA_SASL_MECHANISM" help:"PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; the password comes from ASKBUY_KAFKA_SASL_PASSWORD."`
	KafkaUser         string `name:"kafka-sasl-user" placeholder:"USER" setting:"kafka_sasl_user,ASKBUY_KAFKA_SASL_USER" help:"User that signs in to Kafka."`
	EmbeddedKafkaAddr string `placeholder:"HOST:PORT" setting:"embedded_kafka_addr,ASKBUY_EMBEDDED_KAFKA_ADDR" help:"Address of the embedded broker (default 127.0.0.1:9092)."`

	ClickHouseDSN                string `name:"clickhouse-dsn" placeholder:"DSN" setting:"clickhouse_dsn,ASKBUY_CLICKHOUSE_DSN" help:"ClickHouse to use, clickhouse://user:password@host:9000; without it an embedded server is started."`
	EmbeddedClickHouseHTTPAddr   string `name:"embedded-clickhouse-http-addr" placeholder:"HOST:PORT" setting:"embedded_clickhouse_http_addr,ASKBUY_EMBEDDED_CLICKHOUSE_HTTP_ADDR" help:"HTTP address of the embedded server (default 127.0.0.1:8123)."`
	EmbeddedClickHouseNativeAddr string `name:"embedded-clickhouse-native-addr" placeholder:"HOST:PORT" setting:"embedded_clickhouse_native_addr,ASKBUY_EMBEDDED_CLICKHOUSE_NATIVE_ADDR" help:"Native address of the embedded server (default 127.0.0.1:9000)."`

	DefaultShop    string `placeholder:"SHOP" setting:"default_shop,ASKBUY_DEFAULT_SHOP" help:"Shop of /coze when neither token nor body names one (default default)."`
	ExperimentsDir string `placeholder:"DIR" setting:"experiments_dir,ASKBUY_EXPERIMENTS_DIR" help:"Experiment files (default experiments in the data directory)."`
	IntentRules    string `placeholder:"FILE" setting:"intent_rules,ASKBUY_INTENT_RULES" help:"Rules that name topics of messages, read again when they change (default intent-rules.json in the data directory)."`
}

// secretsByEnv are settings that have no flag: a command line can be read by
// every user of the machine.
var secretsByEnv = map[string]string{
	"COZE_SECRET":                "coze_secret",
	"ASKBUY_API_KEY":             "api_key",
	"ASKBUY_BI_PASSWORD":         "bi_password",
	"ASKBUY_ADMIN_PASSWORD":      "admin_password",
	"ASKBUY_FINGERPRINT_KEY":     "fingerprint_key",
	"ASKBUY_KEYRING_SECRET":      "keyring_secret",
	"ASKBUY_KAFKA_SASL_PASSWORD": "kafka_sasl_password",
	"ASKBUY_REPLY_LLM_KEY":       "reply\x00llm\x00key",
	"ASKBUY_ROLES":               "roles",
}

// foreignEnv are variables with our prefix that are no settings.
var foreignEnv = []string{"ASKBUY_CLICKHOUSE_LIB", "ASKBUY_CONFIG", "ASKBUY_TEST_LLM_URL", "ASKBUY_TEST_LLM_MODEL", "ASKBUY_TEST_LLM_KEY"}

// load merges defaults < file < environment < flags. The second result warns
// of variables that look like settings and are none.
func load(f flags, environ []string) (pipeline.Config, []string, error) {
	const keyDelimiter = "\x00" // ids of shops are keys, and may have dots
	k := koanf.New(keyDelimiter)
	env := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		env[name] = value
	}
	file := f.Config
	if file == "" {
		file = env["ASKBUY_CONFIG"]
	}
	if file != "" {
		content, err := os.ReadFile(file)
		if err != nil {
			return pipeline.Config{}, nil, fileError(file, err)
		}
		if err := k.Load(rawbytes.Provider(content), yaml.Parser()); err != nil {
			return pipeline.Config{}, nil, fmt.Errorf("--config: %s is no YAML: %w", file, err)
		}
	}
	given, warnings := fromEnvironment(env)
	for key, value := range fromFlags(f) {
		given[key] = value
	}
	if err := k.Load(confmap.Provider(given, keyDelimiter), nil); err != nil {
		return pipeline.Config{}, nil, err
	}
	c := pipeline.DefaultConfig()
	err := k.UnmarshalWithConf("", &c, koanf.UnmarshalConf{DecoderConfig: &mapstructure.DecoderConfig{
		Result: &c, ErrorUnused: true, WeaklyTypedInput: true, TagName: "koanf",
		DecodeHook: mapstructure.ComposeDecodeHookFunc(mapstructure.StringToTimeDurationHookFunc(), mapstructure.StringToSliceHookFunc(",")),
	}})
	if err != nil {
		return c, warnings, errors.Join(fmt.Errorf("configuration: %w", misfits(err)), c.Validate())
	}
	for _, s := range c.Sources { // whose secrets may stand in any variable
		warnings = slices.DeleteFunc(warnings, func(w string) bool { return w == unknownVariable(s.SecretEnv) })
	}
	return c, append(warnings, c.Warnings()...), c.Validate()
}

func fileError(file string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("--config: there is no file %s", file)
	}
	return fmt.Errorf("--config: %w", err)
}

// settingOf splits the tag of a flag's field into key and variable.
func settingOf(field reflect.StructField) (key, variable string, ok bool) {
	return strings.Cut(field.Tag.Get("setting"), ",")
}

func fromFlags(f flags) map[string]any {
	given := map[string]any{}
	v := reflect.ValueOf(f)
	for i := range v.NumField() {
		if key, _, ok := settingOf(v.Type().Field(i)); ok && v.Field(i).String() != "" {
			given[key] = v.Field(i).String()
		}
	}
	return given
}

func unknownVariable(name string) string {
	return fmt.Sprintf("environment variable %s is no setting and is ignored: see `askbuy run --help`", name)
}

func fromEnvironment(env map[string]string) (given map[string]any, warnings []string) {
	known := map[string]string{}
	for variable, key := range secretsByEnv {
		known[variable] = key
	}
	t := reflect.TypeFor[flags]()
	for i := range t.NumField() {
		if key, variable, ok := settingOf(t.Field(i)); ok {
			known[variable] = key
		}
	}
	given = map[string]any{}
	for name, value := range env {
		if key, ok := known[name]; ok && value != "" {
			given[key] = value
		} else if !ok && strings.HasPrefix(name, "ASKBUY_") && !slices.Contains(foreignEnv, name) {
			warnings = append(warnings, unknownVariable(name))
		}
	}
	slices.Sort(warnings)
	return given, warnings
}
