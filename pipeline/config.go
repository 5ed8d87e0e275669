package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"askbuy/internal/kafka"
)

// Role is a part of the pipeline that one process may run.
type Role string

// The roles. A process runs all of them unless told otherwise.
const (
	RoleIngest    Role = "ingest"
	RoleProcess   Role = "process"
	RoleSink      Role = "sink"
	RoleReply     Role = "reply"
	RoleDashboard Role = "dashboard"
)

// AllRoles lists every role.
func AllRoles() []Role {
	return []Role{RoleIngest, RoleProcess, RoleSink, RoleReply, RoleDashboard}
}

// Config is everything an operator may decide. The zero value of an address
// means its default, which moves to a free port when it is taken; an address
// that is given has to be free.
type Config struct {
	Roles   []Role `koanf:"roles"`
	DataDir string `koanf:"data_dir"`

	HTTPAddr  string `koanf:"http_addr"`
	AdminAddr string `koanf:"admin_addr"`

	KafkaBrokers      []string `koanf:"kafka_brokers"` // none: an embedded broker
	KafkaPrefix       string   `koanf:"kafka_prefix"`
	KafkaPartitions   int32    `koanf:"kafka_partitions"`  // 0: 4 embedded, 16 elsewhere
	KafkaReplication  int16    `koanf:"kafka_replication"` // 0: 1 embedded, 3 elsewhere
	KafkaTLS          bool     `koanf:"kafka_tls"`
	KafkaTLSCAFile    string   `koanf:"kafka_tls_ca_file"`    // "": the system's authorities
	KafkaSASL         string   `koanf:"kafka_sasl_mechanism"` // "": none
	KafkaUser         string   `koanf:"kafka_sasl_user"`
	KafkaPassword     string   `koanf:"kafka_sasl_password"`
	EmbeddedKafkaAddr string   `koanf:"embedded_kafka_addr"`

	ClickHouseDSN                string `koanf:"clickhouse_dsn"`     // "": an embedded server
	ClickHouseCluster            string `koanf:"clickhouse_cluster"` // "": a single node
	EmbeddedClickHouseHTTPAddr   string `koanf:"embedded_clickhouse_http_addr"`
	EmbeddedClickHouseNativeAddr string `koanf:"embedded_clickhouse_native_addr"`

	CozeSecret     string `koanf:"coze_secret"`     // "": generated, kept in the data directory
	APIKey         string `koanf:"api_key"`         // likewise
	BIPassword     string `koanf:"bi_password"`     // likewise
	AdminPassword  string `koanf:"admin_password"`  // likewise; of the dashboard's administrator
	FingerprintKey string `koanf:"fingerprint_key"` // likewise; one for all replicas, for ever

	KeyringSecret string `koanf:"keyring_secret"` // likewise; wraps the keys that seal kept values

	DefaultShop    string          `koanf:"default_shop"`
	ExperimentsDir string          `koanf:"experiments_dir"`
	IntentRules    string          `koanf:"intent_rules"` // a file; need not exist
	CozeLenient    bool            `koanf:"coze_lenient"` // tokens without exp are accepted
	CozeShop       string          `koanf:"coze_shop"`    // the one shop of /coze, "": as the token or body says
	APIKeys        []APIKey        `koanf:"api_keys"`
	Users          []User          `koanf:"users"`           // of the dashboard, beside the administrator
	DashboardHTTPS bool            `koanf:"dashboard_https"` // the dashboard is reached over HTTPS only: cookies say so
	Sources        []Source        `koanf:"sources"`         // of /hooks/{source}
	Scorers        []Scorer        `koanf:"scorers"`         // asked for second opinions
	Shops          map[string]Shop `koanf:"shops"`
	Door           DoorBounds      `koanf:"door"`
	Reply          Reply           `koanf:"reply"`
	// Retention is how long rows are kept from their arrival, like 400d, by
	// table; what is not named is kept for ever.
	Retention map[string]string `koanf:"retention"`

	Shadow     bool          `koanf:"shadow"`      // the newest candidate scores every message beside the model in force
	TrainEvery time.Duration `koanf:"train_every"` // between two models learned from the stored facts, like 168h; 0: none by itself

	LogLevel string `koanf:"log_level"`

	// Times of the pipeline's own loops; tests shorten them.
	SinkLinger  time.Duration `koanf:"-"` // how long a row may wait for its batch
	HourlyEvery time.Duration `koanf:"-"` // between two passes over receipts and facts
	RepairEvery time.Duration `koanf:"-"` // least time between two repairs of one shopper
}

// APIKey is a key of /v1 and the shops it may speak for.
type APIKey struct {
	Name     string   `koanf:"name"`
	Key      string   `koanf:"key"`
	Shops    []string `koanf:"shops"`
	AllShops bool     `koanf:"all_shops"` // in place of shops
}

// checkShops reports what is wrong with the shops of a key or a user: what is
// forgotten must not mean all.
func checkShops(of string, shops []string, all bool) error {
	switch {
	case all && len(shops) > 0:
		return fmt.Errorf("%s.all_shops: beside shops: say one of them", of)
	case !all && len(shops) == 0:
		return fmt.Errorf("%s.shops: none: list them, or say all_shops: true", of)
	case slices.Contains(shops, ""):
		return fmt.Errorf("%s.shops: has an empty name: list the shops' ids", of)
	}
	return nil
}

// Shop is what is configured of one shop.
type Shop struct {
	TimeZone          string `koanf:"time_zone"`
	ReportingCurrency string `koanf:"reporting_currency"`
}

// Default addresses. A default that is taken moves to a free port.
const (
	defaultHTTPAddr             = "127.0.0.1:8080"
	defaultAdminAddr            = "127.0.0.1:8081"
	defaultKafkaAddr            = "127.0.0.1:9092"
	defaultClickHouseHTTPAddr   = "127.0.0.1:8123"
	defaultClickHouseNativeAddr = "127.0.0.1:9000"
)

// DefaultConfig runs the whole pipeline in this process, with nothing outside
// it.
func DefaultConfig() Config {
	return Config{
		Roles:       AllRoles(),
		DataDir:     ".askbuy",
		KafkaPrefix: "askbuy.",
		DefaultShop: "default",
		LogLevel:    "info",
		TrainEvery:  7 * 24 * time.Hour,
		Shadow:      true,
		Door:        defaultDoor(),
		Reply:       defaultReply(),
		SinkLinger:  300 * time.Millisecond,
		RepairEvery: time.Minute, HourlyEvery: time.Hour,
	}
}

// minSecret is the least length of a secret that signs: 32 bytes, the size of
// the hash it keys.
const minSecret = 32

// Validate reports every problem at once, each with its setting, its rule and
// what to do.
func (c Config) Validate() error {
	var problems []error
	wrong := func(setting, rule string, args ...any) {
		problems = append(problems, fmt.Errorf("%s: %s", setting, fmt.Sprintf(rule, args...)))
	}
	for _, role := range c.Roles {
		if !slices.Contains(AllRoles(), role) {
			wrong("roles", "unknown role %q: use some of %v", role, AllRoles())
		}
	}
	if c.TrainEvery < 0 {
		wrong("train_every", "%v: write 168h for every week, 0 for never", c.TrainEvery)
	}
	if len(c.Roles) == 0 {
		wrong("roles", "name at least one of %v", AllRoles())
	}
	if c.DataDir == "" {
		wrong("data_dir", "must not be empty: name a directory that askbuy may write")
	}
	for setting, addr := range map[string]string{
		"http_addr": c.HTTPAddr, "admin_addr": c.AdminAddr, "embedded_kafka_addr": c.EmbeddedKafkaAddr,
		"embedded_clickhouse_http_addr": c.EmbeddedClickHouseHTTPAddr, "embedded_clickhouse_native_addr": c.EmbeddedClickHouseNativeAddr,
	} {
		if addr == "" {
			continue
		}
		if _, _, err := net.SplitHostPort(addr); err != nil {
			wrong(setting, "%q is no host:port: write it like 127.0.0.1:8080, with port 0 for any free one", addr)
		}
	}
	if http, native := c.embeddedClickHouseAddrs(); host(http) != host(native) {
		wrong("embedded_clickhouse_http_addr and embedded_clickhouse_native_addr", "hosts %q and %q differ: the embedded server listens on one host, so give both the same", host(http), host(native))
	}
	for _, broker := range c.KafkaBrokers {
		if _, _, err := net.SplitHostPort(broker); err != nil {
			wrong("kafka_brokers", "%q is no host:port: separate several by commas", broker)
		}
	}
	if _, err := c.kafkaTLS(); err != nil {
		problems = append(problems, err)
	}
	if c.KafkaSASL != "" && (c.KafkaUser == "" || c.KafkaPassword == "") {
		wrong("kafka_sasl_mechanism", "needs kafka_sasl_user and ASKBUY_KAFKA_SASL_PASSWORD")
	}
	if !slices.Contains([]string{"", kafka.Plain, kafka.ScramSHA256, kafka.ScramSHA512}, c.KafkaSASL) {
		wrong("kafka_sasl_mechanism", "%q: use %s, %s or %s", c.KafkaSASL, kafka.Plain, kafka.ScramSHA256, kafka.ScramSHA512)
	}
	if c.KafkaPartitions < 0 {
		wrong("kafka_partitions", "%d is negative: use the number of partitions every topic shall have", c.KafkaPartitions)
	}
	if c.KafkaReplication < 0 {
		wrong("kafka_replication", "%d is negative: use 3 on a cluster", c.KafkaReplication)
	}
	if strings.Trim(c.KafkaPrefix, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != "" {
		wrong("kafka_prefix", "%q has characters that no topic may have: use letters, digits, dot, hyphen, underscore", c.KafkaPrefix)
	}
	if c.ClickHouseDSN != "" {
		if u, err := url.Parse(c.ClickHouseDSN); err != nil || u.Host == "" || !slices.Contains([]string{"clickhouse", "tcp"}, u.Scheme) {
			wrong("clickhouse_dsn", "want clickhouse://user:password@host:9000/database (the native port)")
		}
	}
	for setting, secret := range map[string]string{"fingerprint_key": c.FingerprintKey, "keyring_secret": c.KeyringSecret} {
		if n := len(secret); n > 0 && n < minSecret {
			wrong(setting, "has %d bytes, fewer than %d: generate one with `openssl rand -hex 32`", n, minSecret)
		}
	}
	if c.DefaultShop == "" || len(c.DefaultShop) > 256 {
		wrong("default_shop", "must have 1 to 256 bytes")
	}
	for i, key := range c.APIKeys {
		if len(key.Key) < 16 {
			wrong(fmt.Sprintf("api_keys[%d].key", i), "has fewer than 16 bytes: generate one with `openssl rand -hex 32`")
		}
		if err := checkShops(fmt.Sprintf("api_keys[%d]", i), key.Shops, key.AllShops); err != nil {
			problems = append(problems, err)
		}
	}
	for id, shop := range c.Shops {
		if shop.TimeZone == "" {
			continue
		}
		if _, err := time.LoadLocation(shop.TimeZone); err != nil {
			wrong("shops."+id+".time_zone", "%q is no time zone: use a name like Asia/Shanghai", shop.TimeZone)
		}
	}
	problems = append(problems, c.checkSources()...)
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		wrong("log_level", "%q: use debug, info, warn or error", c.LogLevel)
	}
	problems = append(problems, c.checkScorers()...)
	problems = append(problems, c.checkDoor()...)
	problems = append(problems, c.checkUsers()...)
	problems = append(problems, c.checkReply()...)
	problems = append(problems, c.checkRetention()...)
	slices.SortFunc(problems, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return errors.Join(problems...)
}

// Warnings are what is allowed and should be known.
func (c Config) Warnings() []string {
	if n := len(c.CozeSecret); n > 0 && n < minSecret { // the sender's console may have issued it
		return []string{fmt.Sprintf("COZE_SECRET has %d bytes, fewer than the %d that HS256 asks for: take a longer one where the sender allows it (`openssl rand -hex 32`)", n, minSecret)}
	}
	return nil
}

// Has reports whether this process runs a role.
func (c Config) Has(role Role) bool { return slices.Contains(c.Roles, role) }

// embeddedClickHouseAddrs are the wanted addresses of the embedded server. It
// has one host: where one address is given, the other's default follows it.
func (c Config) embeddedClickHouseAddrs() (http, native string) {
	follow := func(given, other, fallback string) string {
		if given != "" || other == "" {
			return cmp.Or(given, fallback)
		}
		_, port, _ := net.SplitHostPort(fallback)
		return net.JoinHostPort(host(other), port)
	}
	return follow(c.EmbeddedClickHouseHTTPAddr, c.EmbeddedClickHouseNativeAddr, defaultClickHouseHTTPAddr),
		follow(c.EmbeddedClickHouseNativeAddr, c.EmbeddedClickHouseHTTPAddr, defaultClickHouseNativeAddr)
}

func host(addr string) string {
	h, _, _ := net.SplitHostPort(addr)
	return h
}

// Effective is the configuration with its defaults in the place of what was
// left open. It is for people: an address in it may have moved to a free port,
// and generated secrets stay in the data directory.
func (c Config) Effective() Config {
	c.HTTPAddr, c.AdminAddr = cmp.Or(c.HTTPAddr, defaultHTTPAddr), cmp.Or(c.AdminAddr, defaultAdminAddr)
	if len(c.KafkaBrokers) == 0 {
		c.EmbeddedKafkaAddr = cmp.Or(c.EmbeddedKafkaAddr, defaultKafkaAddr)
	}
	if c.ClickHouseDSN == "" {
		c.EmbeddedClickHouseHTTPAddr, c.EmbeddedClickHouseNativeAddr = c.embeddedClickHouseAddrs()
	}
	c.KafkaPartitions, c.KafkaReplication = c.partitions(), c.replication()
	c.ExperimentsDir = cmp.Or(c.ExperimentsDir, filepath.Join(c.DataDir, "experiments"))
	c.IntentRules = c.intentRules()
	return c
}

// intentRules is the file of rules that name topics.
func (c Config) intentRules() string {
	return cmp.Or(c.IntentRules, filepath.Join(c.DataDir, "intent-rules.json"))
}

// partitions is the number every topic gets.
func (c Config) partitions() int32 {
	switch {
	case c.KafkaPartitions > 0:
		return c.KafkaPartitions
	case len(c.KafkaBrokers) == 0:
		return 4
	}
	return 16
}

func (c Config) replication() int16 {
	switch {
	case c.KafkaReplication > 0:
		return c.KafkaReplication
	case len(c.KafkaBrokers) == 0:
		return 1
	}
	return 3
}
