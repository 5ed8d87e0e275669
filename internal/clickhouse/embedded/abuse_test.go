//go:build unix && !noembed

package embedded

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hello is the native protocol's first packet, as some client sends it.
func hello(user, password, database string) []byte {
	var b []byte
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	b = append(b, 0)
	text("client")
	for _, n := range []uint64{26, 7, 54460} {
		b = binary.AppendUvarint(b, n)
	}
	text(database)
	text(user)
	text(password)
	return b
}

func hostilePayloads() map[string][]byte {
	noise := make([]byte, 4096)
	rand.Read(noise)
	return map[string][]byte{
		"nothing":        nil,
		"noise":          noise,
		"TLS hello":      append([]byte("\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03"), noise[:240]...),
		"half a request": []byte("POST /?query=SELECT HTTP/1.1\r\nContent-Length: 100000\r\n\r\nabc"),
		"bad length":     []byte("POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n"),
		"bad chunk":      []byte("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nZZZ\r\n"),
		"long header":    append([]byte("GET / HTTP/1.1\r\nX: "), bytes.Repeat([]byte("a"), 1<<21)...),
		"half a hello":   hello("default", "", "default")[:10],
		"hello only":     hello("default", "", "default"),
		"wrong password": hello(ServiceUser, "wrong", "default"),
		"unknown user":   hello("nobody", "", "default"),
		"unknown base":   hello(ServiceUser, servicePassword, "nowhere"),
		"bad packet":     append(hello(ServiceUser, servicePassword, "default"), 0, 0x63),
	}
}

// send writes what the server takes of b and ends the connection: politely, with a reset, or after an answer.
func send(t *testing.T, addr string, b []byte, end string) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	defer c.Close()
	_, _ = c.Write(b) // the server may hang up first
	switch end {
	case "reset":
		_ = c.(*net.TCPConn).SetLinger(0)
	case "wait":
		_ = c.SetReadDeadline(time.Now().Add(200 * time.Millisecond))
		_, _ = c.Read(make([]byte, 1000))
	}
}

// A server whose stdin is no terminal dies of these (ClickHouse issue 115666): a version bump or a change of
// the launch that brings the fault back is caught here.
func TestHostileBytesDoNotEndTheServer(t *testing.T) {
	e := startEngine(t, testOptions(t.TempDir()))
	pid := e.PID()
	for name, payload := range hostilePayloads() {
		for _, addr := range []string{e.HTTPAddr(), e.NativeAddr()} {
			for _, end := range []string{"close", "reset", "wait"} {
				send(t, addr, payload, end)
				if code, body := ask(t, e, ServiceUser, servicePassword, "SELECT 1"); code != http.StatusOK || body != "1" {
					t.Fatalf("after %s to %s, %s: %d %s", name, addr, end, code, body)
				}
			}
		}
	}
	if code, _ := ask(t, e, ServiceUser, "wrong", "SELECT 1"); code == http.StatusOK {
		t.Error("a wrong password was accepted")
	}
	if e.PID() != pid || !alive(pid) {
		t.Errorf("the server was replaced")
	}
}

func TestRightsOfUsers(t *testing.T) {
	e := startEngine(t, testOptions(t.TempDir()))
	mustAsk(t, e, "CREATE DATABASE shop")
	mustAsk(t, e, "CREATE TABLE shop.t (n UInt64) ENGINE = MergeTree ORDER BY n AS SELECT 7")
	mustAsk(t, e, "CREATE DATABASE other")
	mustAsk(t, e, "CREATE TABLE other.t (n UInt64) ENGINE = MergeTree ORDER BY n")
	f := func(user, password, query, want string, params ...string) {
		t.Helper()
		code, body := ask(t, e, user, password, query, params...)
		if ok := code == http.StatusOK; ok != !strings.HasPrefix(want, "Code: ") || !strings.HasPrefix(body, want) {
			t.Errorf("%s: %s: %d %s, want %s", user, query, code, body, want)
		}
	}
	bi := func(query, want string, params ...string) { t.Helper(); f(BIUser, biPassword, query, want, params...) }
	bi("SELECT n FROM shop.t", "7")
	bi("SELECT table_name FROM information_schema.tables WHERE table_schema = 'shop'", "t")
	bi("SELECT count() FROM system.tables WHERE database = 'other'", "0")
	bi("SELECT version(), timezone()", "26.")
	bi("SELECT 1", "1", "max_execution_time", "20", "session_timezone", "Asia/Shanghai", "max_result_rows", "10")
	bi("SELECT 1", "Code: 452", "max_execution_time", "301")
	bi("SELECT 1", "Code: 164", "max_memory_usage", "1")
	bi("SET readonly = 0", "Code: 164")
	bi("SELECT n FROM other.t", "Code: 497")
	bi("INSERT INTO shop.t VALUES (1)", "Code: ")
	bi("CREATE TABLE shop.u (n UInt64) ENGINE = Memory", "Code: ")
	for _, q := range []string{
		"SELECT * FROM file('/etc/hostname', 'LineAsString')", "SELECT * FROM url('http://127.0.0.1/', 'LineAsString')",
		"SELECT * FROM remote('127.0.0.1', shop.t)", "SYSTEM SHUTDOWN", "KILL QUERY WHERE 1",
	} {
		bi(q, "Code: ")
		f("default", "", q, "Code: ")
	}
	f("default", "", "SELECT n FROM shop.t", "Code: 497")
	f("default", "", "CREATE DATABASE mine", "Code: 497")
	f(BIUser, "", "SELECT 1", "Code: ")
	f(BIUser, "wrong", "SELECT 1", "Code: ")
	f(ServiceUser, servicePassword, "1 + 1", "Code: 62")
}

// A reader who asks again and again is told the same: from the fourth query of
// a kind on the server would compile what it aggregates, and its compiled min
// and max take a time before 1970 for the latest of all.
func TestTimesBefore1970(t *testing.T) {
	e := startEngine(t, testOptions(t.TempDir()))
	mustAsk(t, e, "CREATE DATABASE shop")
	mustAsk(t, e, "CREATE TABLE shop.t (k String, ts DateTime64(3, 'UTC')) ENGINE = MergeTree ORDER BY k")
	mustAsk(t, e, "INSERT INTO shop.t VALUES ('a', '1969-12-31 23:43:20'), ('a', '1970-01-01 00:00:00'), ('a', '2026-11-21 10:00:00')")
	const query, want = "SELECT toUnixTimestamp64Milli(min(ts)), toUnixTimestamp64Milli(max(ts)), toUnixTimestamp64Milli(argMax(ts, ts)), toUnixTimestamp64Milli(minIf(ts, k = 'a')) FROM shop.t GROUP BY k", "-1000000\t1795255200000\t1795255200000\t-1000000"
	for range 12 {
		if got := strings.TrimSpace(mustAsk(t, e, query)); got != want {
			t.Fatalf("service: %q, want %q", got, want)
		}
		if _, got := ask(t, e, BIUser, biPassword, query); strings.TrimSpace(got) != want {
			t.Fatalf("reader: %q, want %q", got, want)
		}
	}
	const sorted = "SELECT toUnixTimestamp64Milli(ts) FROM shop.t WHERE ts < toDateTime64('1970-01-01 00:00:00', 3, 'UTC') + INTERVAL length(k) SECOND ORDER BY ts, k LIMIT 3"
	for range 12 {
		if got := strings.TrimSpace(mustAsk(t, e, sorted)); got != "-1000000\n0" {
			t.Fatalf("sorted: %q", got)
		}
	}
}
