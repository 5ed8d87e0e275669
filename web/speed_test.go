package web_test

import (
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/embedded"
	"askbuy/web"
	"askbuy/web/questions"
	"askbuy/web/webtest"
)

// pageGoal is what 95 of 100 first pages may take, with the whole of
// BENCH_WEB conversations behind them.
const pageGoal = 500 * time.Millisecond

// pageRounds is how often each of the four pages is asked for.
const pageRounds = 25

// TestSpeed measures the first page; make bench-web runs it.
func TestSpeed(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("BENCH_WEB"))
	if err != nil {
		t.Skip("BENCH_WEB is not a number of conversations: run make bench-web")
	}
	engine, err := embedded.Start(t.Context(), embedded.Options{Dir: t.TempDir(), ServicePassword: password})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = engine.Close() })
	db, err := clickhouse.Open(t.Context(), engine.DSN()+"?read_timeout=20m")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	began := time.Now()
	webtest.Fill(t, db, n)
	t.Logf("filled with %d conversations, %d messages in %.0f s", n, 5*n, time.Since(began).Seconds())
	tellRefreshes(t, db)
	tellQuestions(t, db)
	base := serve(t, func(deps *web.Deps) { deps.DB = db })
	v := visit(t, base, "admin", password)
	took := map[string][]time.Duration{}
	spent := cpu(t)
	for range pageRounds {
		for _, q := range []url.Values{{}, {"range": {"30d"}}, {"shop_id": {"1024"}}, {"range": {"30d"}, "channel": {"web"}}} {
			asked := time.Now()
			if status, _ := v.get("/?" + q.Encode()); status != 200 {
				t.Fatalf("?%s: %d", q.Encode(), status)
			}
			took[q.Encode()] = append(took[q.Encode()], time.Since(asked))
			took["all"] = append(took["all"], time.Since(asked))
		}
	}
	for asked, times := range took {
		slices.Sort(times)
		t.Logf("%-28s p50 %4d ms, p95 %4d ms", "/?"+asked, times[len(times)/2].Milliseconds(), times[len(times)*95/100].Milliseconds())
	}
	t.Logf("%-28s %4d ms of processor time a page: what else runs here does not count", "", (cpu(t)-spent).Milliseconds()/int64(len(took["all"])))
	if p95 := took["all"][len(took["all"])*95/100]; p95 > pageGoal {
		t.Errorf("p95 is %v, the goal %v", p95, pageGoal)
	}
}

// tellQuestions says what each question of the first page takes by itself.
func tellQuestions(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	desk := questions.New(db, time.Now, func(string) *time.Location { return time.UTC })
	desk.UseRollups()
	at, err := desk.RolledUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"overview", "daily", "compare", "cut", "handoffs_waiting", "experiment_results"} {
		began := time.Now()
		given := url.Values{}
		if q, err := questions.Find(name); err == nil && q.Takes("as_of") {
			given.Set("as_of", at.Format("2006-01-02T15:04:05.000Z"))
		}
		if _, err := desk.Ask(t.Context(), name, given, questions.Scope{All: true}); err != nil {
			t.Fatal(err)
		}
		t.Logf("%-28s %4d ms", name, time.Since(began).Milliseconds())
	}
}

// tellRefreshes says what the rollups cost the server.
func tellRefreshes(t *testing.T, db *clickhouse.DB) {
	t.Helper()
	_, _, rows, err := db.Query(t.Context(), "SELECT r.view, toFloat64(r.last_refresh_time - r.last_success_time), toInt64(r.last_success_duration_ms), r.exception FROM system.view_refreshes AS r ORDER BY r.view", nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		t.Logf("%s", fmt.Sprint(row...))
	}
}

// cpu is the processor time that this process and its child, the server, have
// used.
func cpu(t *testing.T) (total time.Duration) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	const tick = 10 * time.Millisecond // of Linux, as /proc counts
	for _, file := range processes {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // it has ended
		}
		_, rest, _ := strings.Cut(string(stat), ") ")
		f := strings.Fields(rest) // from the third field, the state, on
		if own := strings.HasPrefix(string(stat), strconv.Itoa(os.Getpid())+" "); !own && f[1] != strconv.Itoa(os.Getpid()) {
			continue
		}
		for _, ticks := range f[11:13] { // user and system
			n, err := strconv.Atoi(ticks)
			if err != nil {
				t.Fatal(err)
			}
			total += time.Duration(n) * tick
		}
	}
	return total
}
