package main

import (
	"context"
	"fmt"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"askbuy/pipeline"
	warehouse "askbuy/schemas/clickhouse"
	"askbuy/schemas/event"
)

// BI tools and Kafka clients of any make reach the embedded engines, and see
// what they may.
func TestOtherProgramsLookIn(t *testing.T) {
	t.Parallel()
	i := start(t)
	i.ask("simulate", "--seed", "12", "--conversations", "40").wants(exitDone)
	i.settled()
	t.Run("a BI tool over HTTP", func(t *testing.T) { i.biTool(t) })
	t.Run("curl", func(t *testing.T) { i.curl(t) })
	t.Run("a Kafka client", func(t *testing.T) { i.kafkaClient(t) })
	t.Run("health and metrics", func(t *testing.T) { i.health(t) })
	t.Run("readers of some shops", func(t *testing.T) { i.readers(t) })
}

// sql asks ClickHouse over HTTP as the BI user.
func (i *instance) sql(t *testing.T, query string) (status int, answer string) {
	t.Helper()
	password, err := pipeline.Secret(i.dir, "bi_password")
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.at.ClickHouseHTTP, strings.NewReader(query))
	if err != nil {
		t.Fatal(err)
	}
	r.SetBasicAuth("bi", password)
	return exchange(t, r)
}

func (i *instance) biTool(t *testing.T) {
	const fourNumbers = `SELECT sum(conversations) > 0, sum(high_intent) > 0, sum(ordered) > 0, divideOrNull(sum(high_intent_ordered), sum(high_intent)) BETWEEN 0 AND 1 FROM bi.funnel_daily`
	if status, answer := i.sql(t, fourNumbers); status != http.StatusOK || answer != "1\t1\t1\t1\n" {
		t.Errorf("the four numbers: %d %s", status, answer)
	}
	status, views := i.sql(t, "SELECT 'bi.' || name FROM system.tables WHERE database = 'bi' ORDER BY name")
	if status != http.StatusOK || len(strings.Fields(views)) < 15 {
		t.Fatalf("the views: %d %s", status, views)
	}
	for _, view := range strings.Fields(views) {
		if status, answer := i.sql(t, "SELECT * FROM "+warehouse.Call(view)+" LIMIT 3 FORMAT JSON"); status != http.StatusOK {
			t.Errorf("bi may not read %s: %d %.300s", view, status, answer)
		}
	}
	for _, forbidden := range []string{
		"SELECT attrs FROM askbuy.messages",
		"SELECT identity, fp FROM askbuy.messages",
		"INSERT INTO askbuy.messages (shop_id) VALUES ('x')",
		"ALTER TABLE askbuy.messages DELETE WHERE 1",
		"TRUNCATE TABLE askbuy.touches",
		"DROP VIEW bi.messages",
		"CREATE TABLE bi.mine (x Int8) ENGINE = Memory",
		"CREATE USER eve",
		"SYSTEM SHUTDOWN",
		"SELECT * FROM file('/etc/passwd', 'LineAsString')",
		"SELECT * FROM url('http://127.0.0.1:1/', 'LineAsString')",
	} {
		if status, answer := i.sql(t, forbidden); status == http.StatusOK || !strings.Contains(answer, "ACCESS_DENIED") && !strings.Contains(answer, "READONLY") {
			t.Errorf("bi may %s: %d %.300s", forbidden, status, answer)
		}
	}
}

func (i *instance) curl(t *testing.T) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Logf("no curl here: %v", err)
		return
	}
	password, err := pipeline.Secret(i.dir, "bi_password")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := exec.CommandContext(t.Context(), "curl", "-s", "-u", "bi:"+password, i.at.ClickHouseHTTP, "-d",
		"SELECT count() > 0 FROM bi.funnel_daily").CombinedOutput()
	if err != nil || string(answer) != "1\n" {
		t.Errorf("curl: %v %s", err, answer)
	}
}

// kafkaClient does what kcat -L and kcat -C do.
func (i *instance) kafkaClient(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	topic := "askbuy." + event.TopicMessages
	client, err := kgo.NewClient(kgo.SeedBrokers(i.at.Kafka), kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	topics, err := kadm.NewClient(client).ListTopics(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(event.RawTopics(), event.DerivedTopics()...) {
		if detail, there := topics["askbuy."+name]; !there || len(detail.Partitions) != 4 {
			t.Errorf("topic askbuy.%s: there %v, partitions %d, want 4", name, there, len(detail.Partitions))
		}
	}
	fetches := client.PollFetches(ctx)
	if err := fetches.Err(); err != nil {
		t.Fatal(err)
	}
	record := fetches.Records()[0]
	shop, user, ok := splitKey(string(record.Key))
	if !ok || !strings.Contains(string(record.Value), `"`+user+`"`) || !strings.Contains(string(record.Value), `"`+shop+`"`) {
		t.Errorf("a message under key %q is %s", record.Key, record.Value)
	}
	if len(record.Headers) == 0 || time.Since(record.Timestamp) > patience {
		t.Errorf("headers %v, time of arrival %s", record.Headers, record.Timestamp)
	}
}

// splitKey reads a key as CONTRACTS has it: <byte length of shop_id>:<shop_id><id>.
func splitKey(key string) (shop, id string, ok bool) {
	var n int
	if _, err := fmt.Sscanf(key, "%d:", &n); err != nil {
		return "", "", false
	}
	_, rest, _ := strings.Cut(key, ":")
	if n > len(rest) {
		return "", "", false
	}
	return rest[:n], rest[n:], true
}

func (i *instance) health(t *testing.T) {
	get := func(path string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, i.at.Admin+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		return exchange(t, r)
	}
	for _, path := range []string{"/healthz", "/readyz"} {
		if status, body := get(path); status != http.StatusOK {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
	_, metrics := get("/metrics")
	for _, name := range []string{
		"askbuy_ingest_requests_total", "askbuy_ingest_ack_seconds", "askbuy_events_total", "askbuy_dedupe_checks_total", "askbuy_consumer_lag",
		"askbuy_end_to_end_seconds", "askbuy_sink_rows_total", "askbuy_deadletters_total", "askbuy_unexplained_events",
	} {
		if !strings.Contains(metrics, "\n"+name) || !strings.Contains(metrics, "# HELP "+name+" ") {
			t.Errorf("no metric %s with help", name)
		}
	}
	if !strings.Contains(metrics, "\naskbuy_unexplained_events 0\n") {
		t.Error("some events are unexplained")
	}
}
