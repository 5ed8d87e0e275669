package web_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"askbuy/schemas"
	"askbuy/web"
	"askbuy/web/questions"
)

// keys of the JSON API.
var keys = []web.Key{{Secret: "key-of-all-shops-0123456789"}, {Secret: "key-of-1024-0123456789", Shops: []string{"1024"}}}

// client asks the API and holds every answer against its description.
type client struct {
	*testing.T
	base   string
	method string
	header http.Header
	http   http.Client
	router routers.Router
}

func newClient(t *testing.T, key string) *client {
	doc, err := openapi3.NewLoader().LoadFromData(schemas.OpenAPI)
	if err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	c := &client{T: t, base: serve(t), method: http.MethodGet, header: http.Header{}, router: router}
	if key != "" {
		c.header.Set("Authorization", "Bearer "+key)
	}
	return c
}

// get is status, header and body of an answer.
func (c *client) get(path string) (int, http.Header, []byte) {
	c.Helper()
	r, err := http.NewRequest(c.method, c.base+path, nil)
	if err != nil {
		c.Fatal(err)
	}
	r.Header = c.header.Clone()
	res, err := c.http.Do(r)
	if err != nil {
		c.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		c.Fatal(err)
	}
	if route, params, err := c.router.FindRoute(r); err == nil {
		in := &openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route}
		if err := openapi3filter.ValidateResponse(c.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: in, Status: res.StatusCode, Header: res.Header, Body: io.NopCloser(bytes.NewReader(body)),
			Options: &openapi3filter.Options{IncludeResponseStatus: true},
		}); err != nil {
			c.Errorf("%s: not as described: %v\n%.600s", path, err, body)
		}
	} else if strings.HasPrefix(path, "/api/v1") && res.StatusCode != http.StatusNotFound && res.StatusCode != http.StatusMethodNotAllowed {
		c.Errorf("%s is not described: %v", path, err)
	}
	return res.StatusCode, res.Header, body
}

// TestAPIAnswersAsDescribed asks every question.
func TestAPIAnswersAsDescribed(t *testing.T) {
	openapi3filter.RegisterBodyDecoder("application/sql", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("text/csv", openapi3filter.PlainBodyDecoder)
	c := newClient(t, keys[0].Secret)
	if status, _, body := c.get("/api/v1"); status != 200 || !bytes.Contains(body, []byte(`"overview"`)) {
		t.Errorf("the list: %d %s", status, body)
	}
	answered := 0
	for _, q := range append(questions.Catalogue(), questions.Process) {
		status, header, body := c.get("/api/v1/" + q.Name)
		if status != 200 || header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d %s", q.Name, status, body)
		}
		var a struct {
			Rows []json.RawMessage `json:"rows"`
		}
		if err := json.Unmarshal(body, &a); err != nil {
			t.Errorf("%s: %v", q.Name, err)
		}
		answered += min(1, len(a.Rows))
		if status, _, file := c.get("/api/v1/" + q.Name + "?format=csv"); status != 200 || !bytes.HasPrefix(file, []byte("\ufeff"+q.Columns[0].Name)) || len(a.Rows) > 0 && bytes.Count(file, []byte("\r\n")) < 2 {
			t.Errorf("%s as CSV: %d %.200s", q.Name, status, file)
		}
	}
	if answered < 25 {
		t.Errorf("only %d questions had an answer: the descriptions of rows are not tried", answered)
	}
}

func TestAPIFiles(t *testing.T) {
	c := newClient(t, keys[0].Secret)
	_, _, page := c.get("/api/v1/conversations?limit=3&sort=score&step=high_intent")
	var a struct {
		Rows []map[string]any `json:"rows"`
		Next string           `json:"next"`
		SQL  string           `json:"sql"`
	}
	if err := json.Unmarshal(page, &a); err != nil || len(a.Rows) != 3 || !strings.Contains(a.Next, "page=2") {
		t.Fatalf("a page: %v, %d rows, next %q", err, len(a.Rows), a.Next)
	}
	_, _, second := c.get("/api/v1/conversations?" + a.Next)
	if bytes.Contains(second, []byte(`"`+a.Rows[0]["conv_id"].(string)+`"`)) {
		t.Error("the second page begins as the first")
	}
	status, header, file := c.get("/api/v1/conversations?step=high_intent&format=csv")
	lines := bytes.Count(file, []byte("\r\n"))
	if status != 200 || !bytes.HasPrefix(file, []byte("\ufeffshop_id,conv_id")) || lines < 20 || !strings.Contains(header.Get("Content-Disposition"), "conversations.csv") {
		t.Errorf("CSV: %d, %d lines, %v, %.80q", status, lines, header, file)
	}
	for lang, want := range map[string]string{"zh": "店铺", "en": "shop"} {
		_, _, words := c.get("/api/v1/dictionary?format=csv&lang=" + lang)
		if !bytes.Contains(words, []byte(","+want)) || bytes.Contains(words, []byte("粒度")) == (lang == "en") {
			t.Errorf("the dictionary as CSV in %s: %.300s", lang, words)
		}
	}
	_, _, sql := c.get("/api/v1/conversations?" + a.Next + "&format=sql")
	if !strings.HasPrefix(string(sql), "SELECT") || bytes.ContainsRune(sql, '{') {
		t.Errorf("SQL: %s", sql)
	}
	if _, header, yaml := c.get("/openapi.yaml"); !bytes.Equal(yaml, schemas.OpenAPI) || !strings.HasPrefix(header.Get("Content-Type"), "application/yaml") {
		t.Error("/openapi.yaml is not served")
	}
	if _, _, yaml := c.get("/asyncapi.yaml"); !bytes.Equal(yaml, schemas.AsyncAPI) {
		t.Error("/asyncapi.yaml is not served")
	}
}

func TestAPIRefuses(t *testing.T) {
	c := newClient(t, keys[1].Secret)
	f := func(path string, status int, code string) {
		t.Helper()
		got, header, body := c.get(path)
		var p struct {
			Code   string `json:"code"`
			Status int    `json:"status"`
		}
		if err := json.Unmarshal(body, &p); err != nil || got != status || p.Status != status || p.Code != code || header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s, want %d %s", path, got, body, status, code)
		}
	}
	f("/api/v1/ledger", 403, "forbidden")
	f("/api/v1/overview?shop_id=2048", 403, "forbidden")
	f("/api/v1/overview?from=yesterday", 400, "bad_parameter")
	f("/api/v1/overview?format=xml", 400, "bad_parameter")
	f("/api/v1/nothing", 404, "not_found")
	f("/api/v1/overview/more", 404, "not_found")
	c.method = http.MethodPost
	f("/api/v1/overview", 405, "method_not_allowed")
	f("/api/v1", 405, "method_not_allowed")
	c.method = http.MethodGet
	if _, _, body := c.get("/api/v1/shops"); bytes.Contains(body, []byte(`"2048"`)) {
		t.Errorf("a key of 1024 sees %s", body)
	}
	if _, _, body := c.get("/api/v1"); bytes.Contains(body, []byte(`"ledger"`)) {
		t.Error("a key of one shop is offered the ledger")
	}
	c.header.Set("Authorization", "Bearer wrong")
	f("/api/v1/overview", 401, "unauthorized")
	c.header.Del("Authorization")
	f("/api/v1", 401, "unauthorized")
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.http.Jar = jar
	if res, err := c.http.PostForm(c.base+"/signin", url.Values{"name": {"admin"}, "password": {password}}); err != nil || res.Body.Close() != nil {
		t.Fatal(err)
	}
	if status, _, body := c.get("/api/v1/shops"); status != 200 || !bytes.Contains(body, []byte(`"2048"`)) {
		t.Errorf("signed in: %d %s", status, body)
	}
}
