package web_test

import (
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// reader reads pages as somebody who is signed in.
type reader struct {
	*testing.T
	base string
	http http.Client
}

func newReader(t *testing.T) *reader {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{T: t, base: serve(t), http: http.Client{Jar: jar}}
	res, err := r.http.PostForm(r.base+"/signin", url.Values{"name": {"admin"}, "password": {password}})
	if err != nil || res.Body.Close() != nil {
		t.Fatal(err)
	}
	return r
}

// page is a page in English.
func (r *reader) page(path string) string {
	r.Helper()
	to, err := url.Parse(r.base + path)
	if err != nil {
		r.Fatal(err)
	}
	q := to.Query()
	q.Set("lang", "en")
	to.RawQuery = q.Encode()
	res, err := r.http.Get(to.String())
	if err != nil {
		r.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		r.Fatalf("%s: %d %v", path, res.StatusCode, err)
	}
	return string(body)
}

// lead is a number of a page and where it leads.
type lead struct {
	href string
	n    int
}

var (
	// numbered are links of whole numbers in a table or a tile.
	numbered = regexp.MustCompile(`<a href="([^"]+)">([\d,]+)</a>`)
	// counted are what the head of each list says it has.
	counted = map[string]*regexp.Regexp{
		"/conversations": regexp.MustCompile(`<p class="since">([\d,]+) conversations`), "/orders": regexp.MustCompile(`<p class="since">([\d,]+) orders`),
		"/shoppers": regexp.MustCompile(`<p class="since">([\d,]+) shoppers`),
	}
)

func (r *reader) links(page string) (list []lead) {
	r.Helper()
	for _, found := range numbered.FindAllStringSubmatch(page, -1) {
		list = append(list, lead{html.UnescapeString(found[1]), r.number(found[2])})
	}
	return list
}

func (r *reader) number(text string) int {
	r.Helper()
	n, err := strconv.Atoi(strings.ReplaceAll(text, ",", ""))
	if err != nil {
		r.Fatal(err)
	}
	return n
}

// TestNumbersLeadToTheirRows opens lists behind the numbers of pages: each says that it has as many rows.
func TestNumbersLeadToTheirRows(t *testing.T) {
	r := newReader(t)
	for path, every := range map[string]int{"/": 15, "/?days=payment&range=30d": 25, "/funnel?range=30d&by=channel": 70, "/funnel?range=30d&unit=shoppers&net=yes": 90, "/attribution?model=linear&window_hours=168&range=30d": 2, "/shoppers?step=ordered&range=30d": 90} {
		page := r.page(path)
		opened := 0
		for i, l := range r.links(page) {
			to, _, _ := strings.Cut(l.href, "?")
			if counted[to] == nil || i%every != 0 {
				continue
			}
			if !strings.Contains(l.href, "as_of=") {
				t.Errorf("%s: %s is of no moment", path, l.href)
			}
			list := r.page(l.href)
			said := counted[to].FindStringSubmatch(list)
			switch {
			case said == nil && l.n != 0:
				t.Errorf("%s: %d leads to %s, which says nothing", path, l.n, l.href)
			case said != nil && r.number(said[1]) != l.n:
				t.Errorf("%s: %d leads to %s of %s", path, l.n, said[1], l.href)
			}
			opened++
		}
		if opened == 0 {
			t.Errorf("%s: no number leads anywhere: %d links", path, len(r.links(page)))
		}
	}
}

// TestUnitsLeadToShoppers: the units of an experiment, of a variant and of a day, are as many as their lists say, and
// messages behind a bin of the reliability as many as it says.
func TestUnitsLeadToShoppers(t *testing.T) {
	r := newReader(t)
	for path, leads := range map[string]string{"/experiments": "/experiments?", "/scores?range=30d": "/messages?"} {
		opened := 0
		for _, l := range r.links(r.page(path)) {
			if !strings.HasPrefix(l.href, leads) || l.n == 0 || opened == 4 {
				continue
			}
			list := r.page(strings.Split(l.href, "#")[0])
			if at := strings.LastIndex(list, "<tbody>"); strings.Count(list[at:], "<tr>") != min(l.n, 50) {
				t.Errorf("%s: %d leads to %d rows: %s", path, l.n, strings.Count(list[at:], "<tr>"), l.href)
			}
			opened++
		}
		if opened == 0 {
			t.Errorf("%s: no number leads anywhere", path)
		}
	}
}

// TestFromListToTranscript follows a row to its conversation and its order.
func TestFromListToTranscript(t *testing.T) {
	r := newReader(t)
	list := r.page("/conversations?step=kept&range=30d&sort=score")
	find := func(page, path string) string {
		t.Helper()
		found := regexp.MustCompile(`href="(` + path + `[^"]+)"`).FindStringSubmatch(page)
		if found == nil {
			t.Fatalf("nothing leads to %s", path)
		}
		return html.UnescapeString(found[1])
	}
	conversation := r.page(find(list, `/conversation\?`))
	for _, want := range []string{"我现在就想下单", "high intent from here", "<meter", "this message &#43;1.20", "✓ attributed", "SELECT"} {
		if !strings.Contains(conversation, want) {
			t.Errorf("the transcript does not say %q", want)
		}
	}
	order := r.page(find(conversation, `/orders\?[^"]*order_id`))
	if !strings.Contains(order, "What may have led to the order") || !strings.Contains(order, "✓ attributed") {
		t.Error("the order does not say what led to it")
	}
	next := find(list, `/conversations\?`)
	if pages := regexp.MustCompile(`href="([^"]+page=2[^"]*)"`).FindStringSubmatch(list); pages != nil {
		next = html.UnescapeString(pages[1])
	}
	if second := r.page(next); second == list {
		t.Error("the next page is this one")
	}
}

// TestNothingThere: every page says what to do when there is nothing.
func TestNothingThere(t *testing.T) {
	r := newReader(t)
	for _, path := range []string{"/funnel", "/attribution", "/conversations", "/orders", "/shoppers"} {
		page := r.page(path + "?from=2001-01-01&to=2001-01-02")
		if !strings.Contains(page, `class="card empty"`) || strings.Contains(page, "<table") {
			t.Errorf("%s of nothing: no word of it, or empty tables", path)
		}
	}
	for _, path := range []string{"/conversation", "/conversation?conv_id=none&shop_id=1024&user_id=u", "/orders?order_id=none"} {
		if page := r.page(path); !strings.Contains(page, `class="card empty"`) {
			t.Errorf("%s: no word that there is none", path)
		}
	}
	if page := r.page("/dictionary"); !strings.Contains(page, "bi.funnel_daily") || !strings.Contains(page, "95 % Wilson") {
		t.Error("the dictionary lacks a view or its columns")
	}
}

// TestChipsComeOff: what narrows a list can be removed, one by one.
func TestChipsComeOff(t *testing.T) {
	r := newReader(t)
	page := r.page("/conversations?step=high_intent&intent=price_query&bot_id=b1&range=30d")
	var off []string
	for _, found := range regexp.MustCompile(`<li><a href="(/conversations[^"]+)">`).FindAllStringSubmatch(page, -1) {
		to, err := url.Parse(html.UnescapeString(found[1]))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"step", "intent", "bot_id"} {
			if !to.Query().Has(name) {
				off = append(off, name)
			}
		}
	}
	if !slices.Equal(off, []string{"step", "intent", "bot_id"}) {
		t.Errorf("chips remove %v", off)
	}
}
