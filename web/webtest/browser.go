package webtest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// Required names the variable with which a test that finds no browser fails.
const Required = "REQUIRE_BROWSER"

// longest is how long all that one test does in a browser may take: every page
// in four variants takes 40 s alone, and minutes on a machine that is busy.
const longest = 10 * time.Minute

// Browser is a browser for one test: a context of chromedp. Without one on
// this machine the test is skipped, and says what to install.
func Browser(t testing.TB) context.Context {
	t.Helper()
	program, err := find()
	if err != nil && os.Getenv(Required) != "" {
		t.Fatalf("%s is set, but there is no browser: run `make browser`", Required)
	}
	if err != nil {
		t.Skip("there is no chromium on PATH: run `make browser`")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-background-networking", true),
		chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("force-prefers-reduced-motion", true), chromedp.Flag("hide-scrollbars", true))
	allocated, release := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(release)
	ctx, end := chromedp.NewContext(allocated)
	t.Cleanup(end)
	ctx, cancel := context.WithTimeout(ctx, longest)
	t.Cleanup(cancel)
	return ctx
}

func find() (program string, err error) {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err = exec.LookPath(name); err == nil {
			return program, nil
		}
	}
	return "", err
}

// Tab is the browser with a dashboard to open.
type Tab struct {
	t    testing.TB
	ctx  context.Context
	base string

	mu       sync.Mutex
	problems []string // what the console said was wrong
}

// Open begins with an empty tab.
func Open(t testing.TB, base string) *Tab {
	t.Helper()
	tab := &Tab{t: t, ctx: Browser(t), base: base}
	must(t, chromedp.Do(tab.ctx, chromedp.Navigate("about:blank")))
	must(t, chromedp.Listen(tab.ctx, tab.hear))
	return tab
}

func (b *Tab) hear(ev any) {
	said := ""
	switch e := ev.(type) {
	case *runtime.EventExceptionThrown:
		said = e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			said = e.Entry.Text + " " + e.Entry.URL
		}
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			said = "console.error"
		}
	}
	if said != "" {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.problems = append(b.problems, said)
	}
}

// Problems takes what the console said was wrong since the last time.
func (b *Tab) Problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	said := b.problems
	b.problems = nil
	return said
}

// Do runs actions of chromedp.
func (b *Tab) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	must(b.t, chromedp.Do(b.ctx, steps...))
}

// Go opens an address of the dashboard and waits until it is whole, its
// charts included.
func (b *Tab) Go(path string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(b.base + path))
	b.Whole()
}

// FirstChart opens an address and is how long after that the first chart was
// drawn.
func (b *Tab) FirstChart(path string) time.Duration {
	b.t.Helper()
	const watch = `new MutationObserver((_, o) => { if (document.querySelector('ask-chart svg')) { window.firstChart = performance.now(); o.disconnect(); } }).observe(document, {childList: true, subtree: true})`
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watch})
	must(b.t, err)
	b.Go(path)
	return time.Duration(Eval[float64](b, "window.firstChart") * float64(time.Millisecond))
}

// Follow does something that opens another page, and waits until that is whole.
func (b *Tab) Follow(step chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.WaitEvent(page.LoadEventFired, nil, step))
	must(b.t, err)
	b.Whole()
}

// Whole waits until every chart of the page is drawn.
func (b *Tab) Whole() {
	b.t.Helper()
	_, err := chromedp.Run(b.ctx, chromedp.Poll[bool](`document.readyState === 'complete' && [...document.querySelectorAll('ask-chart')].every(c => c.querySelector('svg'))`))
	must(b.t, err)
}

// Eval is the value of an expression of JavaScript in the page.
func Eval[T any](b *Tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	must(b.t, err)
	return v
}

// Variant is a way to look at a page.
type Variant struct {
	Lang  string
	Dark  bool
	Phone bool
}

// Variants are the four that every page is looked at in.
func Variants() []Variant {
	return []Variant{{"zh", false, false}, {"en", true, false}, {"zh", true, true}, {"en", false, true}}
}

func (v Variant) String() string {
	name := v.Lang + "-light"
	if v.Dark {
		name = v.Lang + "-dark"
	}
	if v.Phone {
		name += "-phone"
	}
	return name
}

// Set makes the browser look so.
func (b *Tab) Set(v Variant) {
	b.t.Helper()
	width, height, scheme := int64(1440), int64(900), "light"
	if v.Phone {
		width, height = 390, 844
	}
	if v.Dark {
		scheme = "dark"
	}
	b.Do(chromedp.EmulateViewport(width, height))
	b.Media("", scheme)
}

// Media is "" or print; the scheme light or dark.
func (b *Tab) Media(media, scheme string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Media: media, Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	must(b.t, err)
}

// Screenshot writes the whole page into a file of the directory that
// SCREENSHOTS names, if any.
func (b *Tab) Screenshot(name string) {
	b.t.Helper()
	dir := os.Getenv("SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	must(b.t, err)
	must(b.t, os.MkdirAll(dir, 0o755))
	must(b.t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644))
}

// Violations are what axe-core finds in the page: rule and place.
func (b *Tab) Violations() []string {
	b.t.Helper()
	script, err := os.ReadFile(axePath)
	if err != nil && os.Getenv(Required) != "" {
		b.t.Fatalf("%s is set, but axe-core is not here: run `make browser`", Required)
	}
	if err != nil {
		b.t.Skip("axe-core is not here: run `make browser`")
	}
	Eval[bool](b, string(script)+";true")
	return Eval[[]string](b, `axe.run(document, {resultTypes: ['violations']}).then(r => r.violations.flatMap(v => v.nodes.map(n => v.id + ': ' + n.target.join(' ') + ' ' + n.html.slice(0, 120))))`)
}

// axePath is where npm puts it, from the room web.
const axePath = "node_modules/axe-core/axe.min.js"
