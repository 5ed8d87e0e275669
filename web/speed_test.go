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

// chartGoal is what the first chart may take in a browser.
const chartGoal = time.Second

// pageRounds is how often each of the four pages is asked for.
const pageRounds = 25

// TestSpeed measures the first page, by itself and while shops go on, the other
// pages, and the first chart in a browser; make bench-web runs it. BENCH_WEB_DIR
// names where the conversations stay, so that they are made once.
func TestSpeed(t *testing.T) {
	n, err := strconv.Atoi(os.Getenv("BENCH_WEB"))
	if err != nil {
		t.Skip("BENCH_WEB is not a number of conversations: run make bench-web")
	}
	dir := os.Getenv("BENCH_WEB_DIR") // of an earlier run, whose conversations are still there
	if dir == "" {
		dir = t.TempDir()
	}
	engine, err := embedded.Start(t.Context(), embedded.Options{Dir: dir, ServicePassword: password})
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
	tellQuestions(t, db)
	base := serve(t, func(deps *web.Deps) { deps.DB = db })
	v := visit(t, base, "admin", password)
	var quiet, busy []time.Duration
	measure(t, v, "nothing else to do", &quiet)
	beside(t, db, n, func() { measure(t, v, "rollups kept, 2 conversations/s", &busy) })
	tellRefreshes(t, db)
	tellPages(t, v)
	for _, p95 := range []time.Duration{quiet[len(quiet)*95/100], busy[len(busy)*95/100]} {
		if p95 > pageGoal {
			t.Errorf("p95 is %v, the goal %v", p95, pageGoal)
		}
	}
	tab := webtest.Open(t, base)
	tab.Go("/signin?link=" + link)
	if first := tab.FirstChart("/?range=30d"); first > chartGoal {
		t.Errorf("the first chart is drawn after %v, the goal %v", first, chartGoal)
	} else {
		t.Logf("%-28s %4d ms", "first chart in a browser", first.Milliseconds())
	}
}

// measure asks for the first page in four ways, and says how long it took.
func measure(t *testing.T, v *visitor, while string, all *[]time.Duration) {
	t.Helper()
	took := map[string][]time.Duration{}
	spent := cpu(t)
	for range pageRounds {
		for _, q := range []url.Values{{}, {"range": {"30d"}}, {"shop_id": {"1024"}}, {"range": {"30d"}, "channel": {"web"}}} {
			asked := time.Now()
			if status, _ := v.get("/?" + q.Encode()); status != 200 {
				t.Fatalf("?%s: %d", q.Encode(), status)
			}
			took[q.Encode()] = append(took[q.Encode()], time.Since(asked))
			*all = append(*all, time.Since(asked))
		}
	}
	took["... all four, "+while] = slices.Clone(*all)
	for asked, times := range took {
		slices.Sort(times)
		t.Logf("%-28s p50 %4d ms, p95 %4d ms", "/?"+asked, times[len(times)/2].Milliseconds(), times[len(times)*95/100].Milliseconds())
	}
	slices.Sort(*all)
	t.Logf("%-28s %4d ms of processor time a page: what other programs do does not count", while, (cpu(t)-spent).Milliseconds()/int64(len(*all)))
}

// tellPages says what each other page takes at the first time and again.
func tellPages(t *testing.T, v *visitor) {
	t.Helper()
	for _, path := range append(slices.Clone(paths), "/conversations?range=30d&step=ordered&sort=amount", "/orders?range=30d&orders=kept", "/attribution?range=30d&model=linear&window_hours=168") {
		var took []string
		for range 3 {
			asked := time.Now()
			status, _ := v.get(path)
			took = append(took, fmt.Sprintf("%5d ms", time.Since(asked).Milliseconds()))
			if status != 200 {
				t.Errorf("%s: %d", path, status)
			}
		}
		t.Logf("%-64s %s", path, strings.Join(took, " "))
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
		given := url.Values{}
		if q, err := questions.Find(name); err == nil && q.Takes("as_of") {
			given.Set("as_of", at.Format("2006-01-02T15:04:05.000Z"))
		}
		const asks = 5
		began, spent := time.Now(), cpu(t)
		for range asks {
			if _, err := desk.Ask(t.Context(), name, given, questions.Scope{All: true}); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("%-28s %4d ms, of processor time %4d ms", name, time.Since(began).Milliseconds()/asks, (cpu(t)-spent).Milliseconds()/asks)
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
