package web

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/crypto/bcrypt"

	"askbuy/internal/clickhouse"
)

// brokenDB answers nothing.
type brokenDB struct{}

func (brokenDB) Query(context.Context, string, map[string]any, ...clickhouse.Settings) (columns, types []string, rows [][]any, err error) {
	return nil, nil, nil, errors.New("connection refused: password=hunter2")
}

const adminPassword = "correct-horse-battery-staple"

// house is a dashboard, whose time the test tells, and a browser that keeps
// cookies and follows nothing.
type house struct {
	*testing.T
	now    time.Time
	url    string
	client *http.Client
	db     database
}

func newHouse(t *testing.T, users ...User) *house {
	h := &house{T: t, now: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), db: brokenDB{}}
	dashboard, err := New(DefaultConfig(), Deps{
		DB: h.db, Users: users, AdminPassword: adminPassword, Link: "the-link",
		Interval: func(int64, int64) (float64, float64) { return 0, 1 },
		Now:      func() time.Time { return h.now }, Random: rand.Reader, Registerer: prometheus.NewRegistry(), Metrics: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("well")) })
	dashboard.Register(mux)
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	h.url = server.URL
	h.again()
	return h
}

// again forgets the cookies.
func (h *house) again() {
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.Fatal(err)
	}
	h.client = &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func (h *house) get(path string) (*http.Response, string) { return h.do("GET", path, nil, nil) }

func (h *house) do(method, path string, form url.Values, headers map[string]string) (*http.Response, string) {
	h.Helper()
	r, err := http.NewRequest(method, h.url+path, strings.NewReader(form.Encode()))
	if err != nil {
		h.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Accept-Language", "en")
	for name, value := range headers {
		r.Header.Set(name, value)
	}
	res, err := h.client.Do(r)
	if err != nil {
		h.Fatal(err)
	}
	defer res.Body.Close()
	var body strings.Builder
	if err := res.Write(&body); err != nil {
		h.Fatal(err)
	}
	return res, body.String()
}

func (h *house) signIn(name, password string) int {
	res, _ := h.do("POST", "/signin", url.Values{"name": {name}, "password": {password}}, nil)
	return res.StatusCode
}

// inside reports whether somebody is signed in: the warehouse is broken, and
// says so to them alone.
func (h *house) inside() bool {
	res, _ := h.get("/")
	return res.StatusCode == http.StatusServiceUnavailable
}

func TestNothingWithoutSignIn(t *testing.T) {
	h := newHouse(t)
	for _, p := range append(pages(), page{path: "/no/such"}) {
		path := addressOf(p.path)
		if res, _ := h.get(path + "?x=1"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/signin") {
			t.Errorf("%s: %d to %q", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	if res, _ := h.do("GET", "/", nil, map[string]string{"HX-Request": "true"}); res.StatusCode != 401 || res.Header.Get("HX-Redirect") != "/signin" {
		t.Errorf("a part of a page: %d %v", res.StatusCode, res.Header)
	}
	for _, open := range []string{"/healthz", "/signin", "/static/app.js", "/static/app.css"} {
		if res, _ := h.get(open); res.StatusCode != 200 {
			t.Errorf("%s: %d", open, res.StatusCode)
		}
	}
	if res, _ := h.get("/static/"); res.StatusCode != 404 {
		t.Errorf("a list of the assets: %d", res.StatusCode)
	}
}

func TestLinkWorksOnce(t *testing.T) {
	h := newHouse(t)
	if res, _ := h.get("/signin?link=wrong"); res.StatusCode != 200 || h.inside() {
		t.Error("a wrong link signs in")
	}
	if res, _ := h.do("HEAD", "/signin?link=the-link", nil, nil); res.StatusCode != 200 || h.inside() {
		t.Errorf("HEAD of the link: %d, inside %v", res.StatusCode, h.inside())
	}
	if res, _ := h.get("/signin?link=the-link"); res.StatusCode != http.StatusSeeOther || !h.inside() {
		t.Fatalf("the link does not sign in: %d", res.StatusCode)
	}
	h.again()
	if res, body := h.get("/signin?link=the-link"); h.inside() || !strings.Contains(body, "used already") {
		t.Errorf("the link signs in twice: %d", res.StatusCode)
	}
}

func TestLinkGrowsOld(t *testing.T) {
	h := newHouse(t)
	h.now = h.now.Add(time.Hour)
	if h.get("/signin?link=the-link"); h.inside() {
		t.Error("the link signs in after an hour")
	}
}

func TestPasswords(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("lin's password"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, User{Name: "lin", PasswordHash: string(hash), Role: RoleViewer, Shops: []string{"1024"}})
	f := func(name, password string, status int) {
		t.Helper()
		h.again()
		if got := h.signIn(name, password); got != status || h.inside() != (status == http.StatusSeeOther) {
			t.Errorf("%s with %s: %d", name, password, got)
		}
	}
	f("admin", adminPassword, http.StatusSeeOther)
	f("admin", adminPassword+"x", http.StatusUnauthorized)
	f("admin", "", http.StatusUnauthorized)
	f("lin", "lin's password", http.StatusSeeOther)
	f("lin", adminPassword, http.StatusUnauthorized)
	f("nobody", "nobody", http.StatusUnauthorized)
}

func TestGuessingIsBounded(t *testing.T) {
	h := newHouse(t)
	for range DefaultConfig().MaxAttempts {
		if got := h.signIn("admin", "guess"); got != 401 {
			t.Fatalf("a wrong password: %d", got)
		}
	}
	res, _ := h.do("POST", "/signin", url.Values{"name": {"admin"}, "password": {adminPassword}}, nil)
	if res.StatusCode != 429 || res.Header.Get("Retry-After") != "6" {
		t.Errorf("the eleventh attempt, a right one: %d after %s s", res.StatusCode, res.Header.Get("Retry-After"))
	}
	h.now = h.now.Add(6 * time.Second)
	if got := h.signIn("admin", adminPassword); got != http.StatusSeeOther {
		t.Errorf("a right password after the wait: %d", got)
	}
	for range 3 * DefaultConfig().MaxAttempts { // what is right costs nothing
		h.now = h.now.Add(time.Minute)
		for range 5 {
			if got := h.signIn("admin", adminPassword); got != http.StatusSeeOther {
				t.Fatalf("a right password again and again: %d", got)
			}
		}
	}
}

func TestSessionsEnd(t *testing.T) {
	h := newHouse(t)
	c := DefaultConfig()
	h.signIn("admin", adminPassword)
	for range int(c.SessionMax / (c.SessionIdle - time.Minute)) {
		if h.now = h.now.Add(c.SessionIdle - time.Minute); !h.inside() {
			t.Fatal("a session that is used ends")
		}
	}
	if h.now = h.now.Add(c.SessionIdle - time.Minute); h.inside() {
		t.Error("a session goes on for ever")
	}
	h.signIn("admin", adminPassword)
	if h.now = h.now.Add(c.SessionIdle + time.Second); h.inside() {
		t.Error("a session that is not used goes on")
	}
	first := h.client
	h.again()
	h.client, first = first, h.client
	h.signIn("admin", adminPassword)
	h.client, first = first, h.client
	for range c.MaxSessions {
		h.again()
		h.now = h.now.Add(time.Second)
		h.signIn("admin", adminPassword)
	}
	if h.client = first; h.inside() {
		t.Error("the oldest of too many sessions goes on")
	}
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func TestForms(t *testing.T) {
	h := newHouse(t)
	h.signIn("admin", adminPassword)
	_, body := h.get("/")
	found := csrfField.FindStringSubmatch(body)
	if found == nil {
		t.Fatal("no token in the page")
	}
	f := func(form url.Values, headers map[string]string, status int) {
		t.Helper()
		if res, _ := h.do("POST", "/signout", form, headers); res.StatusCode != status {
			t.Errorf("%v %v: %d", form, headers, res.StatusCode)
		}
	}
	f(url.Values{}, nil, 403)
	f(url.Values{"csrf": {"forged"}}, nil, 403)
	f(url.Values{"csrf": {found[1]}}, map[string]string{"Sec-Fetch-Site": "cross-site"}, 403)
	f(url.Values{"csrf": {found[1]}}, map[string]string{"Origin": "https://evil.example"}, 403)
	if !h.inside() {
		t.Fatal("a refused form signed out")
	}
	f(url.Values{"csrf": {found[1]}}, map[string]string{"Sec-Fetch-Site": "same-origin"}, http.StatusSeeOther)
	if h.inside() {
		t.Error("still signed in")
	}
}

func TestAnswersAreGuarded(t *testing.T) {
	h := newHouse(t)
	res, _ := h.do("POST", "/signin", url.Values{"name": {"admin"}, "password": {adminPassword}, "next": {"//evil.example/x"}}, nil)
	if to := res.Header.Get("Location"); to != "/" {
		t.Errorf("signed in to %q", to)
	}
	cookie := res.Header.Get("Set-Cookie")
	for _, part := range []string{"HttpOnly", "SameSite=Lax", "Path=/"} {
		if !strings.Contains(cookie, part) {
			t.Errorf("cookie without %s: %s", part, cookie)
		}
	}
	res, body := h.get("/")
	if got := res.Header.Get("Content-Security-Policy"); !strings.Contains(got, "default-src 'self'") || !strings.Contains(got, "frame-ancestors 'none'") || strings.Contains(got, "http") {
		t.Errorf("policy %q", got)
	}
	if res.Header.Get("Cache-Control") != "no-store" || res.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("headers %v", res.Header)
	}
	if strings.Contains(body, "hunter2") || !strings.Contains(body, "Reload in a moment") {
		t.Error("a failure shows its cause, or not what to do")
	}
	if res, body := h.get("/no/such"); res.StatusCode != 404 || !strings.Contains(body, "no such page") {
		t.Errorf("an unknown page: %d", res.StatusCode)
	}
}

func TestRedirectsStayHere(t *testing.T) {
	f := func(next, want string) {
		t.Helper()
		if got := local(next); got != want {
			t.Errorf("%q leads to %q", next, got)
		}
	}
	f("/orders?shop_id=1024", "/orders?shop_id=1024")
	f("", "/")
	f("https://evil.example", "/")
	f("//evil.example", "/")
	f(`/\evil.example`, "/")
	f("javascript:alert(1)", "/")
	f("orders", "/")
}

func TestFilter(t *testing.T) {
	now := time.Date(2026, 11, 21, 17, 0, 0, 0, time.UTC) // the 22nd in Shanghai
	shops := shopsKnown{{id: "1024", zone: zoneOf("Asia/Shanghai")}, {id: "ny", zone: zoneOf("America/New_York")}}
	f := func(query string, p Person, want Filter, status int) {
		t.Helper()
		q, err := url.ParseQuery(query)
		if err != nil {
			t.Fatal(err)
		}
		got, err := readFilter(q, p, now, shops)
		var told *failure
		if errors.As(err, &told) != (status != 0) || told != nil && told.status != status {
			t.Errorf("%s: %v", query, err)
		}
		if status == 0 && (got.From != want.From || got.To != want.To || got.Shop != want.Shop || len(got.Shops) != len(want.Shops) || got.Range != want.Range) {
			t.Errorf("%s: %+v", query, got)
		}
	}
	all, one, two := Person{}, Person{Shops: []string{"1024"}}, Person{Shops: []string{"1024", "ny"}}
	f("", all, Filter{Range: week, From: "2026-11-16", To: "2026-11-22"}, 0)
	f("range=yesterday", all, Filter{Range: yesterday, From: "2026-11-21", To: "2026-11-21"}, 0)
	f("range=30d&shop_id=ny", all, Filter{Range: month, Shop: "ny", Shops: []string{"ny"}, From: "2026-10-23", To: "2026-11-21"}, 0)
	f("from=2026-01-01&to=2026-01-31", all, Filter{From: "2026-01-01", To: "2026-01-31"}, 0)
	f("", one, Filter{Range: week, Shop: "1024", Shops: []string{"1024"}, From: "2026-11-16", To: "2026-11-22"}, 0)
	f("", two, Filter{Range: week, Shops: []string{"1024", "ny"}, From: "2026-11-16", To: "2026-11-22"}, 0)
	f("shop_id=ny", one, Filter{}, 403)
	f("range=decade", all, Filter{}, 400)
	f("from=2026-01-31&to=2026-01-01", all, Filter{}, 400)
	f("from=2020-01-01&to=2026-01-01", all, Filter{}, 400)
	f("from=x&to=2026-01-01", all, Filter{}, 400)
}

func TestUsersAreChecked(t *testing.T) {
	hash, err := HashPassword("long enough")
	if err != nil {
		t.Fatal(err)
	}
	f := func(u User, part string) {
		t.Helper()
		if err := u.Validate(); part == "" != (err == nil) || err != nil && !strings.Contains(err.Error(), part) {
			t.Errorf("%+v: %v", u, err)
		}
	}
	f(User{Name: "lin", PasswordHash: hash, Role: RoleViewer}, "")
	f(User{Name: "admin", PasswordHash: hash, Role: RoleViewer}, "name")
	f(User{Name: "lin", PasswordHash: hash, Role: "root"}, "role")
	f(User{Name: "lin", PasswordHash: "plain", Role: RoleViewer}, "password_hash")
	if _, err := HashPassword("short"); err == nil {
		t.Error("a short password was taken")
	}
	if (Person{Role: RoleOperator}).May(RoleAdmin) || !(Person{Role: RoleOperator}).May(RoleViewer) || (Person{}).May(RoleViewer) {
		t.Error("roles are not in their order")
	}
}
