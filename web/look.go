package web

import (
	"bytes"
	"cmp"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

//go:embed templates/*.html
var templateFiles embed.FS

// Looks that are no page of the navigation.
const (
	errorPage  = "error"
	signInLook = "signin"
)

// looks are the templates by language and name.
type looks map[Lang]map[string]*template.Template

// shared templates are part of every look.
var shared = []string{"templates/layout.html", "templates/parts.html"}

// parseLooks reads every template twice: the functions of a language are
// bound to it, so that a template need not carry it along.
func parseLooks() (looks, error) {
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		return nil, err
	}
	all := looks{}
	for _, l := range Langs() {
		all[l] = map[string]*template.Template{}
		for _, file := range files {
			if slices.Contains(shared, file) {
				continue
			}
			t, err := template.New("").Funcs(functions(l)).ParseFS(templateFiles, append(slices.Clone(shared), file)...)
			if err != nil {
				return nil, err
			}
			all[l][strings.TrimSuffix(path.Base(file), ".html")] = t
		}
	}
	return all, nil
}

// functions are what templates may call.
func functions(l Lang) template.FuncMap {
	return template.FuncMap{
		"t":       func(key string, values ...any) (string, error) { return translate(l, key, values...) },
		"count":   count,
		"percent": percent,
		"number":  number,
		"money":   money,
		"short":   func(d decimal.Decimal, currency string) string { return shortMoney(l, d, currency) },
		"clock":   clock,
		"moment":  moment,
		"day":     func(day string) string { return dayName(l, day) },
		"span":    func(d time.Duration) string { return span(l, d) },
		"asset":   asset,
	}
}

// visit is one request of somebody who is signed in; of the sign-in page and
// of failures it has no person.
type visit struct {
	person Person
	csrf   string
	lang   Lang
	url    *url.URL
	filter Filter
	asOf   time.Time // the moment that the page's numbers are of
}

// t is a text in the visitor's language. The keys stand in this package's own
// code, and a test looks up each.
func (v *visit) t(key string, values ...any) string {
	s, err := translate(v.lang, key, values...)
	if err != nil {
		panic("web: " + err.Error())
	}
	return s
}

// shown is what every template gets.
type shown struct {
	Name   string // of the look
	Visit  *visit
	Person Person
	Lang   Lang
	CSRF   string
	Filter Filter
	Bar    *bar // nil where nobody is signed in
	Now    time.Time
	Body   any
}

// Path is the address without its query.
func (s shown) Path() string { return s.Visit.url.Path }

// Nav lists the pages that the person may open.
func (s shown) Nav() []navGroup { return navigation(s.Visit, s.Name) }

// OtherLang is this page in the other language.
func (s shown) OtherLang() string {
	q := s.Visit.url.Query()
	q.Set("lang", string(s.Lang.Other()))
	q.Del("link")
	return s.Visit.url.Path + "?" + q.Encode()
}

// Link is another page with the same filter and some names changed.
func (s shown) Link(path string, pairs ...string) string { return path + s.Filter.query(pairs...) }

// SignedIn reports whether there is somebody to sign out.
func (s shown) SignedIn() bool { return s.Person.Name != "" }

// render writes a whole page, or nothing and an error.
func (d *Dashboard) render(w http.ResponseWriter, status int, v *visit, name string, body any) error {
	return d.renderWith(w, status, v, page{name: name}, nil, body)
}

func (d *Dashboard) renderWith(w http.ResponseWriter, status int, v *visit, p page, b *bar, body any) error {
	name := cmp.Or(p.look, p.name)
	look, known := d.looks[v.lang][name]
	if !known {
		return fmt.Errorf("render page: there is no template %q", name)
	}
	var whole bytes.Buffer
	if err := look.ExecuteTemplate(&whole, "layout", shown{
		Name: p.name, Visit: v, Person: v.person, Lang: v.lang, CSRF: v.csrf, Filter: v.filter, Bar: b, Now: d.deps.Now(), Body: body,
	}); err != nil {
		return fmt.Errorf("render page %s: %w", name, err)
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Language", v.lang.Tag())
	w.Header().Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = w.Write(whole.Bytes()) // a browser that left reads nothing
	return nil
}
