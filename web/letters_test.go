package web_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"

	"askbuy/web"
)

// box is what the dashboard can do about letters, told by the test: letter
// deadletters:0:<n> is of shop 1024, but 0 of 2048 and 1 of none.
type box struct {
	requeued []string
	lent     bool
	looks    []web.Look
	opened   int
}

func (b *box) Shop(_ context.Context, place string) (string, error) {
	switch {
	case place == "deadletters:0:0":
		return "2048", nil
	case place == "deadletters:0:1":
		return "", nil
	case strings.HasPrefix(place, "deadletters:0:"):
		return "1024", nil
	}
	return "", fmt.Errorf("find %s: %w", place, web.ErrNoLetter)
}

func (b *box) Original(context.Context, string) ([]byte, error) {
	if b.opened++; len(b.looks) < b.opened {
		return nil, fmt.Errorf("opened before it was recorded")
	}
	return []byte(`{"text":"<script>13912345678"}` + "\x00"), nil
}

func (b *box) Requeue(_ context.Context, places []string, lent bool) (fates []web.Requeued, err error) {
	b.requeued, b.lent = append(b.requeued, places...), lent
	for _, p := range places {
		fates = append(fates, web.Requeued{Place: p, Fate: "still bad", Detail: "future_ts"})
	}
	return fates, nil
}

func (b *box) record(_ context.Context, l web.Look) error { b.looks = append(b.looks, l); return nil }

// visitor is a browser without pictures.
type visitor struct {
	*testing.T
	base, csrf string
	client     *http.Client
	header     http.Header // of the last answer
}

var token = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func visit(t *testing.T, base, name, password string) *visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	v := &visitor{T: t, base: base, client: &http.Client{Jar: jar}}
	status, page := v.post("/signin", url.Values{"name": {name}, "password": {password}, "next": {"/deadletters?lang=en"}})
	found := token.FindStringSubmatch(page)
	if status != 200 || found == nil {
		t.Fatalf("sign in as %s: %d", name, status)
	}
	v.csrf = found[1]
	return v
}

func (v *visitor) get(path string) (int, string) { return v.read(v.client.Get(v.base + path)) }

func (v *visitor) post(path string, form url.Values) (int, string) {
	form.Set("csrf", v.csrf)
	return v.read(v.client.PostForm(v.base+path, form))
}

func (v *visitor) read(res *http.Response, err error) (int, string) {
	v.Helper()
	if err != nil {
		v.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		v.Fatal(err)
	}
	v.header = res.Header
	return res.StatusCode, string(body)
}

func TestLettersInTheirShops(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("pass"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	letters := &box{}
	base := serve(t, func(deps *web.Deps) {
		deps.Letters, deps.Record = letters, letters.record
		for _, u := range []web.User{{Name: "viewer", Role: web.RoleViewer}, {Name: "operator", Role: web.RoleOperator, Shops: []string{"1024"}}, {Name: "boss", Role: web.RoleAdmin, Shops: []string{"1024"}}} {
			u.PasswordHash = string(hash)
			deps.Users = append(deps.Users, u)
		}
	})
	f := func(v *visitor, path, place string, status int, part string) {
		t.Helper()
		got, body := v.post(path, url.Values{"place": {place}})
		if got != status || !strings.Contains(body, part) {
			t.Errorf("%s %s: %d, want %d with %q", path, place, got, status, part)
		}
	}
	const again, show = "/deadletters/requeue", "/deadletters/original"
	viewer, operator, boss, admin := visit(t, base, "viewer", "pass"), visit(t, base, "operator", "pass"), visit(t, base, "boss", "pass"), visit(t, base, "admin", password)
	f(viewer, again, "deadletters:0:5", 403, "role")
	f(operator, show, "deadletters:0:5", 403, "role")
	f(operator, again, "deadletters:0:0", 403, "2048")
	f(operator, again, "deadletters:0:1", 403, "")
	f(operator, again, "elsewhere:0:1", 404, "elsewhere")
	f(boss, show, "deadletters:0:0", 403, "2048")
	if len(letters.requeued) > 0 || len(letters.looks) > 0 {
		t.Fatalf("what was refused was done: %+v", letters)
	}
	f(operator, again, "deadletters:0:5", 200, "still bad")
	if letters.lent {
		t.Error("the key for all shops was lent to an operator of one")
	}
	f(admin, again, "deadletters:0:0", 200, "still bad")
	if want := []string{"deadletters:0:5", "deadletters:0:0"}; !slices.Equal(letters.requeued, want) || !letters.lent {
		t.Errorf("requeued %v, lent %v", letters.requeued, letters.lent)
	}
	f(boss, show, "deadletters:0:5", 200, "&lt;script&gt;13912345678")
	if len(letters.looks) != 1 || letters.looks[0].Name != "boss" || letters.looks[0].Shop != "1024" || letters.looks[0].Of != "deadletters:0:5" {
		t.Errorf("looks: %+v", letters.looks)
	}
}

// ofAnother is what stands nowhere for who has shop 2048 alone; a price or a
// coordinate may hold the digits.
var ofAnother = regexp.MustCompile(`.{0,60}(?:[^0-9.]1024[^0-9.]|greeting).{0,60}`)

// Whoever has shops sees no row of another, and nothing that has no shop.
func TestShopsAreKeptApart(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("pass"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	base := serve(t, func(deps *web.Deps) {
		deps.Users = []web.User{{Name: "lin", Role: web.RoleViewer, Shops: []string{"2048"}, PasswordHash: string(hash)}}
	})
	lin := visit(t, base, "lin", "pass")
	for _, path := range paths {
		status, body := lin.get(path)
		if strings.Contains(path, "/pipeline") || strings.Contains(path, "/records") || strings.Contains(path, "shop_id=1024") {
			if status != 403 {
				t.Errorf("%s: %d", path, status)
			}
			continue
		}
		if found := ofAnother.FindString(body); status != 200 || found != "" {
			t.Errorf("%s: %d, or shows another shop's: %s", path, status, found)
		}
		at, err := url.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		q := at.Query()
		q.Set("shop_id", "1024")
		if status, _ := lin.get(at.Path + "?" + q.Encode()); status != 403 {
			t.Errorf("%s of another shop: %d", path, status)
		}
	}
}
