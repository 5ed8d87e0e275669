//go:build unix && !noembed

package embedded

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	Main()
	actAsParent()
	actAsClickHouse()
	os.Exit(m.Run())
}

const (
	servicePassword = `s3cr&t<">'/@:%`
	biPassword      = "b1"
)

func testOptions(dir string) Options {
	return Options{
		Dir: dir, ServicePassword: servicePassword, MaxMemory: 1 << 30,
		Readers: []Reader{{Name: BIUser, Hash: Hash(biPassword), Grants: []string{"GRANT SELECT ON shop.*", "GRANT SELECT ON information_schema.*", "GRANT SELECT ON system.parts"}}},
	}
}

func startEngine(t *testing.T, o Options) *Engine {
	t.Helper()
	e, err := Start(t.Context(), o)
	if err != nil {
		t.Fatalf("start (is the engine fetched? run `make engine`): %v", err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return e
}

// ask sends one query over HTTP and returns the status and the body.
func ask(t *testing.T, e *Engine, user, password, query string, params ...string) (int, string) {
	t.Helper()
	v := url.Values{}
	for i := 0; i+1 < len(params); i += 2 {
		v.Set(params[i], params[i+1])
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+e.HTTPAddr()+"/?"+v.Encode(), strings.NewReader(query))
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(user, password)
	resp, err := newProbe().Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, strings.TrimSpace(string(b))
}

func mustAsk(t *testing.T, e *Engine, query string) string {
	t.Helper()
	code, body := ask(t, e, ServiceUser, servicePassword, query)
	if code != http.StatusOK {
		t.Fatalf("%s: %d %s", query, code, body)
	}
	return body
}

func TestStartServesAndCloses(t *testing.T) {
	begin := time.Now()
	e := startEngine(t, testOptions(t.TempDir()))
	t.Logf("ready after %s", time.Since(begin))
	for query, want := range map[string]string{
		"SELECT timezone()":    "UTC",
		"SELECT currentUser()": "askbuy",
		"SELECT value FROM system.settings WHERE name IN ('implicit_select','allow_introspection_functions','async_insert') GROUP BY value": "0",
		"SELECT value FROM system.server_settings WHERE name = 'max_server_memory_usage'":                                                   fmt.Sprint(1 << 30),
		"SELECT value FROM system.server_settings WHERE name = 'background_pool_size'":                                                      "4",
	} {
		if got := mustAsk(t, e, query); got != want {
			t.Errorf("%s = %q, want %q", query, got, want)
		}
	}
	pid := e.PID()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if alive(pid) {
		t.Errorf("server process %d outlived Close", pid)
	}
}

func TestFilesArePrivate(t *testing.T) {
	dir := t.TempDir()
	e := startEngine(t, testOptions(filepath.Join(dir, "ch")))
	mustAsk(t, e, "CREATE DATABASE shop")
	err := filepath.Walk(filepath.Join(dir, "ch"), func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().Type() != os.ModeSymlink && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOOMKillerPrefersServer(t *testing.T) {
	e := startEngine(t, testOptions(t.TempDir()))
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/oom_score_adj", e.PID()))
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(b)); got != "500" {
		t.Errorf("oom_score_adj = %s, want 500", got)
	}
}

func TestSecondStartIsRefusedBeforeWriting(t *testing.T) {
	dir := t.TempDir()
	e := startEngine(t, testOptions(dir))
	before, err := os.ReadFile(filepath.Join(dir, usersFile))
	if err != nil {
		t.Fatal(err)
	}
	o := testOptions(dir)
	o.ServicePassword = "another"
	_, err = Start(t.Context(), o)
	if !errors.Is(err, ErrLocked) || !strings.Contains(err.Error(), fmt.Sprint(os.Getpid())) {
		t.Fatalf("error %v, want ErrLocked with the holder's pid", err)
	}
	after, err := os.ReadFile(filepath.Join(dir, usersFile))
	if err != nil || string(after) != string(before) {
		t.Errorf("the second start wrote into the directory (%v)", err)
	}
	mustAsk(t, e, "SELECT 1")
}

func TestDataSurvivesRestart(t *testing.T) {
	dir := t.TempDir()
	e := startEngine(t, testOptions(dir))
	mustAsk(t, e, "CREATE DATABASE shop")
	mustAsk(t, e, "CREATE TABLE shop.t (n UInt64) ENGINE = MergeTree ORDER BY n AS SELECT number FROM numbers(1000)")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	e = startEngine(t, testOptions(dir))
	if got := mustAsk(t, e, "SELECT count() FROM shop.t"); got != "1000" {
		t.Errorf("rows after restart = %s, want 1000", got)
	}
}

func TestBusyAddressIsNamed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, listener := range []string{"http", "native"} {
		o := testOptions(t.TempDir())
		if listener == "http" {
			o.HTTPAddr = l.Addr().String()
		} else {
			o.NativeAddr = l.Addr().String()
		}
		_, err := Start(t.Context(), o)
		var addr *AddrError
		if !errors.Is(err, ErrAddrInUse) || !errors.As(err, &addr) || addr.Listener != listener || addr.Addr != l.Addr().String() {
			t.Errorf("%s: error %v, want AddrError for %s", listener, err, l.Addr())
		}
		// The directory is free again.
		startEngine(t, testOptions(o.Dir))
	}
}

// A listener that turns up between the check and the start must not look like a running ClickHouse.
func TestPortTakenBehindTheCheck(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	start, _, err := findLauncher("")
	if err != nil {
		t.Fatal(err)
	}
	o := testOptions(t.TempDir()).WithDefaults()
	o.NativeAddr = l.Addr().String()
	s, err := newSettings(o, o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	lock, err := lockDir(t.Context(), o.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	e := &Engine{lock: lock, start: start, settings: s}
	if err := e.launch(t.Context()); !errors.Is(err, ErrAddrInUse) {
		t.Errorf("error %v, want ErrAddrInUse", err)
	}
}

func TestStartSaysWhy(t *testing.T) {
	o := testOptions(t.TempDir())
	o.Readers[0].Grants = []string{"GRANT NONSENSE ON shop.*"}
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "parse grant query") {
		t.Errorf("error %v does not hold the server's reason", err)
	}
	lib := filepath.Join(t.TempDir(), "lib.so")
	if err := os.WriteFile(lib, []byte("no library"), 0o600); err != nil {
		t.Fatal(err)
	}
	o = testOptions(t.TempDir())
	o.Lib = lib
	if _, err := Start(t.Context(), o); err == nil || !strings.Contains(err.Error(), "lib.so") {
		t.Errorf("error %v does not name the library", err)
	}
}

func TestNoEngineNamesTheNextStep(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	_, err := Start(t.Context(), testOptions(t.TempDir()))
	if !errors.Is(err, ErrNoEngine) || !strings.Contains(err.Error(), "make engine") || !strings.Contains(err.Error(), "--clickhouse-dsn") {
		t.Errorf("error %v, want ErrNoEngine with the next step", err)
	}
	t.Setenv(EnvLib, "/nonexistent/libchdb.so")
	if _, err = Start(t.Context(), testOptions(t.TempDir())); !errors.Is(err, ErrNoEngine) || !strings.Contains(err.Error(), EnvLib) {
		t.Errorf("error %v, want ErrNoEngine naming %s", err, EnvLib)
	}
}

func TestRunRestartsOnTheSamePorts(t *testing.T) {
	e := startEngine(t, testOptions(t.TempDir()))
	e.delay = func(int) time.Duration { return 0 }
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- e.Run(ctx) }()
	httpAddr, nativeAddr := e.HTTPAddr(), e.NativeAddr()
	mustAsk(t, e, "CREATE DATABASE shop")
	mustAsk(t, e, "CREATE TABLE shop.t (n UInt64) ENGINE = MergeTree ORDER BY n")
	acked := 0
	for round := range 3 {
		acked += killDuringLoad(t, e, func(n int) bool {
			code, _ := ask(t, e, ServiceUser, servicePassword, fmt.Sprintf("INSERT INTO shop.t SELECT %d + number FROM numbers(100)", acked+n))
			return code == http.StatusOK
		})
		if e.HTTPAddr() != httpAddr || e.NativeAddr() != nativeAddr {
			t.Fatalf("round %d: addresses moved", round)
		}
		got := mustAsk(t, e, fmt.Sprintf("SELECT uniqExact(n) FROM shop.t WHERE n < %d", acked))
		if got != fmt.Sprint(acked) {
			t.Fatalf("round %d: %s of %d acknowledged rows", round, got, acked)
		}
	}
	cancel()
	if err := <-ran; err != nil {
		t.Errorf("run: %v", err)
	}
	if alive(e.PID()) {
		t.Error("the server outlived Run")
	}
}

// killDuringLoad inserts hundreds of rows, kills the server among them, and returns how many were acknowledged
// once another server answers. insert gets the number of rows acknowledged so far.
func killDuringLoad(t *testing.T, e *Engine, insert func(acked int) bool) (acked int) {
	t.Helper()
	old := e.PID()
	warm, loaded := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(loaded)
		for i := 0; insert(acked); i++ {
			if acked += 100; i == 10 {
				close(warm)
			}
		}
	}()
	<-warm
	if err := unix.Kill(old, unix.SIGKILL); err != nil {
		t.Fatal(err)
	}
	<-loaded
	await(t, func() bool { return e.PID() != old && answers(t.Context(), newProbe(), &e.settings) })
	return acked
}

func await(t *testing.T, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(time.Minute)
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatal("waited a minute in vain")
		}
	}
}

func TestRestartDelay(t *testing.T) {
	f := func(failures int, want time.Duration) {
		t.Helper()
		if got := restartDelay(failures); got != want {
			t.Errorf("restartDelay(%d) = %s, want %s", failures, got, want)
		}
	}
	f(0, 50*time.Millisecond)
	f(1, 100*time.Millisecond)
	f(7, 6400*time.Millisecond)
	f(8, 10*time.Second)
	f(1<<30, 10*time.Second)
}

func TestHosts(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "localhost", "0.0.0.0", ""} {
		o := testOptions(t.TempDir())
		o.HTTPAddr, o.NativeAddr = host+":0", host+":0"
		e := startEngine(t, o)
		if got := mustAsk(t, e, "SELECT 1"); got != "1" {
			t.Errorf("host %q: %s", host, got)
		}
	}
}
