package pipeline

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/embedded"
	"askbuy/internal/kafka"
	"askbuy/models/intent"
	"askbuy/reply/llm/llmtest"
)

func TestMain(m *testing.M) {
	embedded.Main()
	llmtest.Main()
	os.Exit(m.Run())
}

// patience bounds every wait of these tests; nothing is measured by it.
const patience = 90 * time.Second

// instance is a pipeline that runs, whole and on real engines, for one test.
type instance struct {
	at     Endpoints
	db     *clickhouse.DB
	kafka  kafka.Config
	dir    string
	stop   context.CancelFunc
	ended  chan error
	config Config
}

// testConfig keeps everything in dir, on free ports.
func testConfig(dir string) Config {
	c := DefaultConfig()
	c.DataDir, c.RepairEvery = dir, time.Second
	for _, addr := range []*string{&c.HTTPAddr, &c.AdminAddr, &c.EmbeddedKafkaAddr, &c.EmbeddedClickHouseHTTPAddr, &c.EmbeddedClickHouseNativeAddr} {
		*addr = "127.0.0.1:0"
	}
	return c
}

func start(t *testing.T, c Config, plant ...func(*Pipeline)) *instance {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	i := &instance{dir: c.DataDir, stop: cancel, ended: make(chan error, 1), config: c}
	p := New(c, slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError})))
	for _, f := range plant {
		f(p)
	}
	go func() { i.ended <- p.Run(ctx) }()
	t.Cleanup(i.close(t))
	select {
	case i.at = <-p.Ready():
	case err := <-i.ended:
		i.ended <- nil
		t.Fatalf("the pipeline did not start: %v", err)
	case <-time.After(patience):
		t.Fatal("the pipeline is not ready")
	}
	var err error
	if i.db, err = Warehouse(ctx, c); err != nil {
		t.Fatal(err)
	}
	if i.kafka, err = Broker(c); err != nil {
		t.Fatal(err)
	}
	return i
}

func (i *instance) close(t *testing.T) func() {
	return func() {
		if i.stop == nil {
			return
		}
		if i.db != nil {
			i.db.Close()
		}
		i.stop()
		i.stop = nil
		if err := <-i.ended; err != nil {
			t.Errorf("stop: %v", err)
		}
	}
}

func (i *instance) models(t *testing.T) map[string]*intent.Params {
	t.Helper()
	all, err := Models(t.Context(), i.db, func(id string, err error) { t.Errorf("model %s: %v", id, err) })
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// drained waits until all that was posted is in the warehouse.
func (i *instance) drained(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if err := AwaitDrain(ctx, i.kafka); err != nil {
		t.Fatal(err)
	}
}

func (i *instance) secret(t *testing.T, name string) string {
	t.Helper()
	s, err := Secret(i.dir, name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// post sends a body with a bearer and wants 200.
func (i *instance) post(t *testing.T, path, bearer string, body []byte) []byte {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.at.HTTP+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	r.Header.Set("Content-Type", "application/json")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.StatusCode != http.StatusOK {
		t.Fatalf("POST %s: %s %s", path, answer.Status, b)
	}
	return b
}

// token is good for a shop of /coze.
func (i *instance) token(t *testing.T, shop string) string {
	t.Helper()
	claims := jwt.MapClaims{"exp": time.Now().Add(time.Hour).Unix(), "shop_id": shop}
	s, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims).SignedString([]byte(i.secret(t, "coze_secret")))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	fmt.Fprintf(os.Stderr, "%s: %s", w.t.Name(), b)
	return len(b), nil
}
