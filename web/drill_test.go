package web_test

import (
	"context"
	"errors"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"askbuy/internal/clickhouse"
	"askbuy/web"
)

// reader reads pages as somebody who is signed in.
type reader struct {
	*testing.T
	base string
	http http.Client
}

func newReader(t *testing.T, change ...func(*web.Deps)) *reader {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	r := &reader{T: t, base: serve(t, change...), http: http.Client{Jar: jar}}
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
	for _, path := range []string{"/funnel", "/attribution", "/conversations", "/orders", "/shoppers", "/credits", "/messages", "/scores"} {
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

// TestNewShop: who sees one shop that has sent nothing yet is told on every page
// what to do.
func TestNewShop(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("pass"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	owner := visit(t, serve(t, func(deps *web.Deps) {
		deps.Users = []web.User{{Name: "owner", PasswordHash: string(hash), Role: web.RoleOperator, Shops: []string{"new"}}}
	}), "owner", "pass")
	for _, path := range paths {
		at, _, _ := strings.Cut(path, "?")
		if slices.Contains([]string{"/pipeline", "/records", "/handoff", "/conversation", "/dictionary"}, at) {
			continue // of all shops, of none, or of one thing that is not there
		}
		status, page := owner.get(at + "?lang=en")
		if status != http.StatusOK || !strings.Contains(page, `class="card empty"`) && !strings.Contains(page, "send one to POST /coze") {
			t.Errorf("%s of a new shop: %d, and no word on what to do", at, status)
		}
	}
}

// away is a warehouse that does not answer.
type away struct{}

func (away) Query(context.Context, string, map[string]any, ...clickhouse.Settings) (columns, types []string, rows [][]any, err error) {
	return nil, nil, nil, errors.New("connection refused")
}

// TestWarehouseAway: every page says that nothing is lost, and what to do.
func TestWarehouseAway(t *testing.T) {
	base := serve(t, func(deps *web.Deps) { deps.DB = away{} })
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{T: t, base: base, client: &http.Client{Jar: jar}}
	v.post("/signin", url.Values{"name": {"admin"}, "password": {password}})
	for _, path := range paths {
		at, _, _ := strings.Cut(path, "?")
		if status, page := v.get(at + "?lang=en"); status != http.StatusServiceUnavailable || !strings.Contains(page, "Nothing is lost") || !strings.Contains(page, "Reload in a moment") {
			t.Errorf("%s: %d, and no word on what to do", at, status)
		}
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
