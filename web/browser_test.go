package web_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/prometheus/client_golang/prometheus"

	"askbuy/internal/clickhouse"
	"askbuy/internal/clickhouse/clickhousetest"
	"askbuy/pipeline"
	"askbuy/report"
	"askbuy/web"
	"askbuy/web/webtest"
)

func TestMain(m *testing.M) { clickhousetest.Main(m) }

const (
	password = "correct-horse-battery-staple"
	link     = "0123456789abcdef"
)

var warehouse = sync.OnceValue(func() *seeded { return &seeded{} })

// seeded is the package's warehouse, filled at its first use.
type seeded struct {
	once sync.Once
	db   *clickhouse.DB
}

// serve is a dashboard with shops in it, and its address.
func serve(t *testing.T, change ...func(*web.Deps)) string {
	t.Helper()
	deps := web.Deps{
		Keys: keys, AdminPassword: password, Link: link, Interval: report.Wilson, Name: pipeline.Name,
		Now: time.Now, Random: rand.Reader, Registerer: prometheus.NewRegistry(), Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
	}
	for _, f := range change {
		f(&deps)
	}
	if deps.DB == nil {
		w := warehouse()
		w.once.Do(func() { w.db = webtest.Warehouse(t) })
		deps.DB = w.db
	}
	dashboard, err := web.New(web.DefaultConfig(), deps)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	dashboard.Register(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(func() { dashboard.Drain(); server.Close() })
	return server.URL
}

// paths are the pages that every look is taken at.
var paths = []string{"/", "/scores?range=30d", "/messages?range=30d&bin=3", "/experiments", "/?days=payment&range=30d", "/handoffs", "/handoff?shop_id=1024&handoff_id=h_1", "/knowledge", "/live", "/pipeline", "/deadletters", "/funnel?range=30d", "/attribution?range=30d", "/credits?range=30d", "/records?topic=messages", "/conversations?range=30d&step=high_intent", "/conversation?shop_id=1024&conv_id=c_1&user_id=u_1", "/orders?range=30d", "/shoppers?range=30d", "/dictionary"}

func TestPagesInABrowser(t *testing.T) {
	tab := webtest.Open(t, serve(t, func(deps *web.Deps) { deps.Desk, deps.Letters = newCounter(), &box{} }))
	tab.Go("/signin?next=%2F%3Frange%3D30d")
	tab.Follow(chromedp.SendKeys(chromedp.CSS("input[name=password]"), "wrong\r"))
	tab.Do(chromedp.WaitVisible(chromedp.CSS("[role=alert]")))
	tab.Follow(chromedp.SendKeys(chromedp.CSS("input[name=password]"), password+"\r"))
	if at := webtest.Eval[string](tab, "location.search"); at != "?range=30d" {
		t.Errorf("signed in to %q, not to the page asked for", at)
	}
	tab.Problems() // the refused sign-in answered 401
	for _, path := range paths {
		at, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range webtest.Variants() {
			q := at.Query()
			q.Set("lang", v.Lang)
			tab.Set(v)
			tab.Go(at.Path + "?" + q.Encode())
			name := cmp.Or(strings.Trim(at.Path, "/"), "overview")
			if at.Query().Has("days") {
				name += "-payments"
			}
			check(t, tab, name+"-"+v.String())
		}
	}
}

// check looks at one page in one variant.
func check(t *testing.T, tab *webtest.Tab, name string) {
	t.Helper()
	tab.Screenshot(name)
	if cards := webtest.Eval[int](tab, "document.querySelectorAll('main .card').length"); cards == 0 {
		t.Errorf("%s: nothing is shown", name)
	}
	if wide := webtest.Eval[bool](tab, "document.documentElement.scrollWidth > innerWidth"); wide {
		t.Errorf("%s: wider than the screen", name)
	}
	for _, problem := range tab.Problems() {
		t.Errorf("%s: console: %s", name, problem)
	}
	for _, v := range tab.Violations() {
		t.Errorf("%s: axe: %s", name, v)
	}
}

// A filter exchanges the page without a new one, and the address says it.
func TestFilterInABrowser(t *testing.T) {
	tab := webtest.Open(t, serve(t))
	tab.Go("/signin?link=" + link)
	before := webtest.Eval[string](tab, "document.querySelector('.tile .value').innerText")
	tab.Do(chromedp.SetValue(chromedp.CSS("select[name=shop_id]"), "2048"))
	webtest.Eval[bool](tab, "document.querySelector('select[name=shop_id]').dispatchEvent(new Event('change', {bubbles: true}))")
	tab.Do(chromedp.Func(func(ctx context.Context, _ *chromedp.Target) error {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](`location.search.includes('shop_id=2048') && document.querySelector('.tile .value').innerText !== '`+before+`'`))
		return err
	}))
	tab.Whole()
	if charts := webtest.Eval[int](tab, "document.querySelectorAll('ask-chart svg').length"); charts != 2 {
		t.Errorf("%d charts after the filter", charts)
	}
	for _, problem := range tab.Problems() {
		t.Errorf("console: %s", problem)
	}
}

// Without a mouse: the first stop leads past the navigation, and everything
// that can be done is a link, a button or a field.
func TestKeyboardInABrowser(t *testing.T) {
	tab := webtest.Open(t, serve(t))
	tab.Go("/signin?link=" + link + "&lang=en")
	tab.Do(chromedp.KeyEvent(kb.Tab))
	if at := webtest.Eval[string](tab, "document.activeElement.className"); at != "skip" {
		t.Errorf("the first stop is %q", at)
	}
	tab.Do(chromedp.KeyEvent(kb.Enter), chromedp.KeyEvent(kb.Tab))
	if inside := webtest.Eval[bool](tab, "document.querySelector('main').contains(document.activeElement)"); !inside {
		t.Error("the link past the navigation does not lead into the page")
	}
	if n := webtest.Eval[int](tab, "[...document.querySelectorAll('[onclick], [tabindex]')].filter(e => e.tabIndex > 0 || e.onclick).length"); n != 0 {
		t.Errorf("%d things cannot be reached in their order", n)
	}
}

// On paper there is what the page says, and nothing to click.
func TestPrintInABrowser(t *testing.T) {
	tab := webtest.Open(t, serve(t))
	tab.Go("/signin?link=" + link)
	tab.Media("print", "light")
	tab.Whole()
	for _, gone := range []string{".side", ".ranges", ".filter", ".take"} {
		if shown := webtest.Eval[bool](tab, "[...document.querySelectorAll('"+gone+"')].some(e => e.checkVisibility())"); shown {
			t.Errorf("%s is printed", gone)
		}
	}
	if shown := webtest.Eval[bool](tab, "[...document.querySelectorAll('.tile, .sentence, ask-chart svg, .lights')].every(e => e.checkVisibility())"); !shown {
		t.Error("something that matters is not printed")
	}
	tab.Screenshot("overview-print")
}
