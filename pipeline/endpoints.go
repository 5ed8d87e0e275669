package pipeline

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Endpoints is where a running instance serves. It is written to the data
// directory when the instance is ready, for other commands to find it.
type Endpoints struct {
	PID              int    `json:"pid"`
	HTTP             string `json:"http,omitempty"`              // http://host:port of webhooks and /v1
	Admin            string `json:"admin,omitempty"`             // http://host:port of the dashboard, health and metrics
	SignIn           string `json:"sign_in,omitempty"`           // opens the dashboard once, soon after the start
	Kafka            string `json:"kafka"`                       // brokers, comma-separated
	KafkaPrefix      string `json:"kafka_prefix"`                //
	ClickHouseNative string `json:"clickhouse_native,omitempty"` // host:port, embedded only
	ClickHouseHTTP   string `json:"clickhouse_http,omitempty"`   // http://host:port, embedded only
	DSN              string `json:"clickhouse_dsn"`              // as this process opens it; the file is 0600
}

const endpointsFile = "endpoints.json"

func (e Endpoints) write(dir string) error {
	b, err := json.MarshalIndent(e, "", "  ")
	if err != nil {
		return err
	}
	return writeWhole(filepath.Join(dir, endpointsFile), append(b, '\n'))
}

// ReadEndpoints finds the instance that runs on a data directory.
func ReadEndpoints(dir string) (Endpoints, error) {
	b, err := os.ReadFile(filepath.Join(dir, endpointsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Endpoints{}, fmt.Errorf("no instance is running on data directory %q: start one with `askbuy run`, or name its directory with --data-dir", dir)
	}
	if err != nil {
		return Endpoints{}, fmt.Errorf("%w; `askbuy run` on this data directory writes it anew", err)
	}
	var e Endpoints
	if err := json.Unmarshal(b, &e); err != nil {
		return Endpoints{}, fmt.Errorf("read %s: %w; `askbuy run` on this data directory writes it anew", filepath.Join(dir, endpointsFile), err)
	}
	return e, nil
}

// Secret reads a secret that a running instance generated: coze_secret,
// api_key, bi_password.
func Secret(dir, name string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		return "", fmt.Errorf("read %s: %w", name, err)
	}
	return strings.TrimSpace(string(b)), nil
}
