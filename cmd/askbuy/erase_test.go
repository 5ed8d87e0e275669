package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/kafka"
	"askbuy/pipeline"
	"askbuy/processors"
)

func TestErase(t *testing.T) {
	i := start(t)
	key, err := pipeline.Secret(i.dir, "api_key")
	if err != nil {
		t.Fatal(err)
	}
	ts := time.Now().Add(-time.Hour).UnixMilli()
	body := fmt.Sprintf(`[{"type":"message","event_id":"m1","shop_id":"s","user_id":"leaves","conv_id":"c","from":"user","text":"hi","ts":%[1]d},
		{"type":"order","event_id":"o1","shop_id":"s","user_id":"leaves","order_id":"o","status":"paid","amount":"1","ts":%[2]d},
		{"type":"message","event_id":"m1","shop_id":"s","user_id":"stays","conv_id":"c","from":"user","text":"hi","ts":%[1]d}]`, ts, ts+1)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.at.HTTP+"/v1/events", bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	i.settled()

	if p := i.ask("erase", "--shop", "s", "--user", "leaves", "--dry-run").wants(exitDone); !slices.ContainsFunc(strings.Split(p.out.String(), "\n"), func(line string) bool { return slices.Equal(strings.Fields(line), []string{"messages", "1"}) }) {
		t.Errorf("the dry run says\n%s", p.out)
	}
	if p := i.ask("erase", "--shop", "s", "--user", "leaves").wants(exitUsage); !strings.Contains(p.err.String(), "--yes") {
		t.Errorf("without a terminal it says %s", p.err)
	}
	if n := users(t, i); n != 2 {
		t.Fatalf("%d shoppers before anybody is erased", n)
	}
	p := i.ask("erase", "--shop", "s", "--user", "leaves", "--yes").wants(exitDone)
	var c pipeline.Certificate
	if err := json.Unmarshal([]byte(p.out.String()), &c); err != nil {
		t.Fatalf("%v: %s", err, p.out)
	}
	if c.Status != "done" || c.Rows["messages"] != 1 || c.Rows["order_events"] != 1 || c.Receipts != 2 || c.GoneBy == "" {
		t.Errorf("the certificate says %s", p.out)
	}
	kept, err := os.ReadFile(filepath.Join(i.dir, "erasures", c.ID+".json"))
	if err != nil || string(kept) != p.out.String() || strings.Contains(string(kept), "leaves") {
		t.Errorf("kept is %s: %v", kept, err)
	}
	if n := users(t, i); n != 1 {
		t.Errorf("%d shoppers are left, want 1", n)
	}
	i.settled()
	// The streams' tables are read again at a start, with what was forgotten.
	i.stop()
	i.again()
	i.settled()
	if left := i.changelogs("leaves"); len(left) > 0 {
		t.Errorf("after a start the changelogs still have %q", left)
	}
	if len(i.changelogs("stays")) == 0 {
		t.Error("the changelogs have nobody: nothing was looked at")
	}
	ask(t, "erase", "--shop", "", "--user", "u").wants(exitUsage)
}

// users counts the shoppers who have messages.
func users(t *testing.T, i *instance) uint64 {
	t.Helper()
	row, err := clickhouse.One[struct {
		N uint64 `ch:"n"`
	}](t.Context(), i.warehouse(), "SELECT uniqExact(user_id) AS n FROM bi.messages", nil)
	if err != nil {
		t.Fatal(err)
	}
	return row.N
}

// changelogs are the records of the groups' tables that name a shopper.
func (i *instance) changelogs(user string) (found []string) {
	i.t.Helper()
	k, err := pipeline.Broker(pipeline.Config{DataDir: i.dir})
	if err != nil {
		i.t.Fatal(err)
	}
	a, err := kafka.NewAdmin(k)
	if err != nil {
		i.t.Fatal(err)
	}
	defer a.Close()
	for _, group := range processors.Tables() {
		topic := kafka.TableTopic(k.Name(group)).Name
		ends, err := a.EndOffsets(i.t.Context(), topic)
		if err != nil {
			i.t.Fatal(err)
		}
		for partition, end := range ends[topic] {
			err := kafka.ReadPartition(i.t.Context(), k, topic, partition, 0, end, func(r kafka.Fetched) bool {
				if text := string(r.Key) + " " + string(r.Value); strings.Contains(text, user) {
					found = append(found, topic+" "+text)
				}
				return true
			})
			if err != nil {
				i.t.Fatal(err)
			}
		}
	}
	return found
}
