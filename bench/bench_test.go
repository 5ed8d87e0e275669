package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"askbuy/ingest"
	"askbuy/ingest/sender"
)

func TestQuantilesAreWithinABucket(t *testing.T) {
	var one, both histogram
	for n := range 1000 {
		one.add(time.Duration(n+1) * time.Millisecond)
	}
	one.add(0)
	one.add(1 << 62)
	both.merge(&one)
	both.merge(&one)
	for q, want := range map[float64]time.Duration{.5: 500 * time.Millisecond, .99: 990 * time.Millisecond, 0: 1} {
		if got := both.quantile(q); got < want*97/100 || got > want*103/100 {
			t.Errorf("quantile %v: %v, want %v", q, got, want)
		}
	}
	if got := new(histogram).quantile(.5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestPercentile(t *testing.T) {
	all := []time.Duration{3 * time.Second, time.Second, 2 * time.Second, 4 * time.Second}
	for q, want := range map[float64]time.Duration{0: time.Second, .5: 3 * time.Second, 1: 4 * time.Second} {
		if got := percentile(all, q); got != want {
			t.Errorf("%v: %v, want %v", q, got, want)
		}
	}
	if got := percentile(nil, .5); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
}

func TestClientReadsAnswers(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer key" || r.URL.Path != "/path" {
			t.Errorf("%v: %v", r, err)
		}
		if string(body) == "bad" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = w.Write(body)
	}))
	defer server.Close()
	c, err := dial(strings.TrimPrefix(server.URL, "http://"), "/path", "key")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.conn.Close() }()
	for _, body := range []string{"{}", "bad", strings.Repeat("x", 1000)} {
		want := 200
		if body == "bad" {
			want = 503
		}
		if got, err := c.post([]byte(body)); err != nil || got != want {
			t.Errorf("%d, %v", got, err)
		}
	}
}

// A body that the door sets aside would be measured for the wrong thing.
func TestBodiesAreGood(t *testing.T) {
	now := time.Now()
	shape := sender.CozeShape()
	for _, name := range []string{"coze", "coze with unknown fields"} {
		d, fault := shape.Decode(bodies[name](nil, 7, now.UnixMilli()), now, ingest.Grant{})
		if fault != nil || d.Event.ID != "msg_7" || (d.Event.Attrs != nil) != (name != "coze") {
			t.Errorf("%s: %+v, %+v", name, d, fault)
		}
	}
	batch := string(bodies["batch"](nil, 7, now.UnixMilli()))
	events := strings.SplitAfter(strings.Trim(batch, "[]"), "},")
	if len(events) != batchSize {
		t.Fatalf("%d events", len(events))
	}
	for _, event := range events {
		if _, fault := ingest.Decode([]byte(strings.TrimSuffix(event, ",")), now); fault != nil {
			t.Errorf("%s: %+v", event, fault)
		}
	}
}

func TestTokenIsGood(t *testing.T) {
	config := sender.DefaultJWTConfig()
	config.Secrets = [][]byte{[]byte(cozeSecret)}
	jwt, err := sender.NewJWT(config, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := jwt.Verify(token(cozeSecret, time.Now())); err != nil {
		t.Error(err)
	}
}

func TestUsageOfThisProcess(t *testing.T) {
	if _, err := os.Stat("/proc/self/schedstat"); err != nil {
		t.Skip("no /proc with schedstat here")
	}
	used, err := cpuTime(os.Getpid())
	if err != nil || used <= 0 {
		t.Errorf("CPU %v, %v", used, err)
	}
	if memory, err := resident(os.Getpid()); err != nil || memory < 1<<20 {
		t.Errorf("resident %d, %v", memory, err)
	}
}

func TestTableSaysWhatWasMissed(t *testing.T) {
	var b strings.Builder
	rows := []row{{what: "a", goal: "< 1", measured: "2"}, {what: "b", goal: "< 1", measured: "0", met: true}, {what: "c", measured: "3"}}
	if err := printTable(&b, rows); err != nil {
		t.Fatal(err)
	}
	if got := b.String(); strings.Count(got, "MISSED") != 1 || strings.Count(got, "met") != 1 {
		t.Error(got)
	}
}
